//! Generated tables between markers in a text that is otherwise written by hand.

use goish_results::record::Mode;
use goish_results::store::Run;
use goish_results::summary::Summary;

use crate::document::Block;
use crate::evidence::Evidence;
use crate::{markdown, report};

const BEGIN: &str = "<!-- lab:begin ";
const END: &str = "<!-- lab:end ";
const CLOSE: &str = " -->";

/// The names that a marker can have.
const NAMES: [&str; 8] = [
    "six-metrics",
    "six-metrics-raw",
    "price",
    "conformance",
    "fan-in",
    "options",
    "machine",
    "run",
];

/// Why a text was not spliced. Each displays as one sentence for a user.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpliceError {
    /// A marker that nothing is generated for.
    #[error("line {line}: nothing is generated for the marker `{name}`; there are {}", NAMES.join(", "))]
    UnknownName {
        /// The marker's line, from 1.
        line: usize,
        /// The name that it has.
        name: String,
    },
    /// A beginning without its end.
    #[error(
        "line {line}: the marker `lab:begin {name}` is not followed by its `lab:end {name}`; add that below the place for the table"
    )]
    NotClosed {
        /// The line of the beginning, from 1.
        line: usize,
        /// The name that it has.
        name: String,
    },
    /// An end without its beginning.
    #[error(
        "line {line}: the marker `lab:end {name}` has no `lab:begin {name}` before it; add that above the place for the table"
    )]
    NotOpened {
        /// The line of the end, from 1.
        line: usize,
        /// The name that it has.
        name: String,
    },
}

/// Replaces what stands between `<!-- lab:begin NAME -->` and `<!-- lab:end NAME -->`, each on a line
/// of its own, by the table of that name, followed by the run and the command that it comes from. All
/// other lines stay as they are.
///
/// The names are `six-metrics` (goish mode), `six-metrics-raw`, `price`, `conformance`, `fan-in`,
/// `machine` and `run`.
///
/// # Errors
///
/// [`SpliceError`], naming the line, for an unknown name or a marker without its partner.
///
/// # Examples
///
/// ```
/// # use goish_results::{machine::Machine, store::{Run, RunHeader}};
/// # let header = RunHeader {
/// #     schema: 1, id: "r".into(), started_at: String::new(), commit: "c".into(), dirty: false,
/// #     machine: Machine::detect("system", 2), engine_versions: Default::default(),
/// #     default_engine: None,
/// #     subjects: Default::default(),
/// #     command: "cargo lab run".into(), quick: false, plan: vec![],
/// # };
/// # let run = Run { header, rows: vec![], conformance: vec![], warnings: vec![] };
/// let readme = "# Mine\n<!-- lab:begin run -->\nold\n<!-- lab:end run -->\nthe rest\n";
/// let new = goish_dashboards::splice(readme, &run, &[])?;
/// assert!(new.contains("cargo lab run") && new.ends_with("the rest\n") && !new.contains("old"));
/// # Ok::<(), goish_dashboards::SpliceError>(())
/// ```
pub fn splice(text: &str, run: &Run, summaries: &[Summary]) -> Result<String, SpliceError> {
    let evidence = Evidence::new(run, summaries);
    let mut spliced = String::with_capacity(text.len());
    let mut open: Option<(usize, &str)> = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let number = index + 1;
        match (marker(line, BEGIN), marker(line, END), open) {
            (Some(name), _, None) => {
                let Some(generated) = generate(&evidence, name) else {
                    return Err(SpliceError::UnknownName {
                        line: number,
                        name: name.to_owned(),
                    });
                };
                spliced.push_str(line);
                spliced.push_str(&generated);
                open = Some((number, name));
            }
            (_, Some(name), Some((_, opened))) if name == opened => {
                spliced.push_str(line);
                open = None;
            }
            (_, Some(name), None) => {
                return Err(SpliceError::NotOpened {
                    line: number,
                    name: name.to_owned(),
                });
            }
            // Another marker inside of an open one: the open one's end is lacking.
            (Some(_), _, Some((line, name))) | (_, Some(_), Some((line, name))) => {
                return Err(SpliceError::NotClosed {
                    line,
                    name: name.to_owned(),
                });
            }
            (None, None, None) => spliced.push_str(line),
            (None, None, Some(_)) => {}
        }
    }
    match open {
        Some((line, name)) => Err(SpliceError::NotClosed {
            line,
            name: name.to_owned(),
        }),
        None => Ok(spliced),
    }
}

fn marker<'l>(line: &'l str, kind: &str) -> Option<&'l str> {
    line.trim()
        .strip_prefix(kind)?
        .strip_suffix(CLOSE)
        .map(str::trim)
}

fn generate(evidence: &Evidence<'_>, name: &str) -> Option<String> {
    let table = match name {
        "six-metrics" => report::six_metrics_table(evidence, Mode::Goish),
        "six-metrics-raw" => report::six_metrics_table(evidence, Mode::Raw),
        "price" => report::price_table(evidence),
        "conformance" => report::conformance_table(evidence),
        "fan-in" => report::fan_in_table(evidence),
        "options" => report::options_table(evidence),
        "machine" => report::machine_table(evidence),
        "run" => report::run_table(evidence),
        _ => return None,
    };
    let source = Block::Paragraph(report::provenance(evidence.run));
    // Empty lines keep the markers from joining the table in Markdown.
    Some(format!(
        "\n{}\n",
        markdown::render(&[Block::Table(table), source])
    ))
}
