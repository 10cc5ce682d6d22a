//! The options that the decision record weighed for running goroutines, with what they measure now.

use goish_results::record::Mode;
use goish_results::summary::Status;

use super::six_metrics::figure;
use crate::charts;
use crate::document::{Block, Entry, Table};
use crate::error::ReportError;
use crate::evidence::{self, Evidence, Metric, Standing};
use crate::format;

/// A runtime, and what the record says of it.
type Weighed = (&'static str, &'static str);

/// In the order of the record, then what came after it, then the bar.
const OPTIONS: [Weighed; 11] = [
    (
        "std-thread",
        include_str!("../prose/options/std-thread.txt"),
    ),
    (
        "spawn-blocking",
        include_str!("../prose/options/spawn-blocking.txt"),
    ),
    ("may", include_str!("../prose/options/may.txt")),
    ("async-std", include_str!("../prose/options/async-std.txt")),
    (
        "tokio-spawn",
        include_str!("../prose/options/tokio-spawn.txt"),
    ),
    ("smol", include_str!("../prose/options/smol.txt")),
    ("glommio", include_str!("../prose/options/glommio.txt")),
    (
        "goish-0.20.7",
        include_str!("../prose/options/goish-0.20.7.txt"),
    ),
    (
        "goish-on-tokio",
        include_str!("../prose/options/goish-on-tokio.txt"),
    ),
    ("goish", include_str!("../prose/options/goish.txt")),
    ("go", include_str!("../prose/options/go.txt")),
];

/// The figures of one size that stand in the table.
const FIGURES: [(&str, Metric<'static>); 3] = [
    (
        "spawn to join, of 10,000",
        metric("spawn-join", "n=10000", "per-goroutine"),
    ),
    (
        "resident, of 10,000 parked",
        metric("parked", "n=10000", "resident-per-goroutine"),
    ),
    ("round trip", metric("switch", "", "round-trip")),
];

/// The cases with a ceiling, and the metric that a finished one has.
const CEILINGS: [(&str, &str, &str); 3] = [
    ("ceiling, spawned", "spawn-join", "per-goroutine"),
    ("ceiling, parked", "parked", "resident-per-goroutine"),
    ("producers", "producers", "per-message"),
];

const fn metric(case: &'static str, param: &'static str, name: &'static str) -> Metric<'static> {
    Metric { case, param, name }
}

/// The section; nothing for a run without goroutine runtimes.
pub(super) fn section(evidence: &Evidence<'_>) -> Result<Vec<Block>, ReportError> {
    if evidence.runtimes().is_empty() {
        return Ok(Vec::new());
    }
    let mut blocks = vec![
        Block::heading(2, "options", "The options, measured"),
        Block::Prose(include_str!("../prose/options.md")),
        Block::Table(table(evidence)),
    ];
    blocks.extend(charts::runtimes(evidence)?.into_iter().map(Block::Chart));
    Ok(blocks)
}

/// One row for each option that the run measured.
pub(crate) fn table(evidence: &Evidence<'_>) -> Table {
    let mut columns = vec!["option".to_owned()];
    columns.extend(FIGURES.iter().map(|(label, _)| (*label).to_owned()));
    columns.extend(CEILINGS.iter().map(|(label, _, _)| (*label).to_owned()));
    columns.extend(["today", "the record said"].map(str::to_owned));
    let measured = |(name, _): &&Weighed| evidence.run.header.subjects.contains_key(*name);
    let row = |(name, record): &Weighed| {
        let mode = evidence.mode_of(name);
        let mut row = vec![Entry::plain(*name)];
        row.extend(
            FIGURES
                .iter()
                .map(|(_, metric)| figure(evidence, *metric, mode, name)),
        );
        let ceilings =
            CEILINGS.map(|(_, case, metric)| ceiling(evidence, case, metric, mode, name));
        row.extend(ceilings.iter().map(Ceiling::entry));
        row.push(verdict(&ceilings));
        row.push(Entry::plain(record.trim()));
        row
    };
    Table {
        caption: "Ways to run a goroutine".to_owned(),
        columns,
        rows: OPTIONS.iter().filter(measured).map(row).collect(),
    }
}

/// How far a runtime came in a case.
struct Ceiling {
    case: &'static str,
    /// The largest n that it finished.
    finished: Option<u64>,
    /// What came of the first n beyond: how many, if it is known, and why no more.
    stopped: Option<(Option<u64>, String)>,
}

fn ceiling(
    evidence: &Evidence<'_>,
    case: &'static str,
    name: &str,
    mode: Mode,
    runtime: &str,
) -> Ceiling {
    let mut ceiling = Ceiling {
        case,
        finished: None,
        stopped: None,
    };
    for param in evidence.params(case) {
        let metric = Metric { case, param, name };
        match evidence.standing(metric, mode, runtime) {
            Standing::Measured { .. } => {
                let n = param.strip_prefix("n=").and_then(|n| n.parse().ok());
                ceiling.finished = n.or(ceiling.finished);
            }
            Standing::Without(summary) => {
                let reason = summary.reason.clone().unwrap_or_default();
                let reason = match summary.status {
                    Status::Missing => "missing".to_owned(),
                    _ => reason,
                };
                ceiling.stopped = Some((summary.delivered, reason));
                break;
            }
            Standing::NotPlanned => {}
        }
    }
    ceiling
}

impl Ceiling {
    fn entry(&self) -> Entry {
        match (&self.stopped, self.finished) {
            (None, Some(n)) => Entry::good(format::grouped(n)),
            (None, None) => Entry::faint("not planned"),
            (Some((delivered, reason)), finished) => {
                let reached = delivered
                    .max(&finished)
                    .filter(|_| self.case != "producers");
                let text = match reached.or(finished) {
                    Some(n) => format::grouped(n),
                    None => "none".to_owned(),
                };
                Entry::bad(text).with_detail(reason.clone())
            }
        }
    }
}

fn verdict(ceilings: &[Ceiling; 3]) -> Entry {
    if let Some(stopped) = ceilings.iter().find(|ceiling| ceiling.stopped.is_some()) {
        return Entry::bad(format!("fails the bar: {}", stopped.case));
    }
    if ceilings.iter().all(|ceiling| ceiling.finished.is_some()) {
        return Entry::good("meets the bar");
    }
    Entry::faint("not decided")
}

/// Whether a runtime finished everything, the bar's own size included.
pub(super) fn meets_the_bar(evidence: &Evidence<'_>, runtime: &str) -> bool {
    let mode = evidence.mode_of(runtime);
    CEILINGS.iter().all(|(_, case, metric)| {
        let ceiling = ceiling(evidence, case, metric, mode, runtime);
        ceiling.stopped.is_none() && ceiling.finished.is_some()
    })
}

/// Every figure on which runtimes compete: each metric at the largest n, and the switch.
pub(super) fn contests(evidence: &Evidence<'_>) -> Vec<Metric<'static>> {
    const CONTESTS: [Metric<'static>; 5] = [
        metric("spawn-join", "n=1000000", "per-goroutine"),
        metric("parked", "n=1000000", "resident-per-goroutine"),
        metric("parked", "n=1000000", "per-wake"),
        metric("producers", "n=100000", "per-message"),
        metric("switch", "", "round-trip"),
    ];
    let planned = CONTESTS
        .iter()
        .filter(|metric| evidence.has_case(metric.case));
    planned.copied().collect()
}

/// The case of a contest with its metric, for a sentence.
pub(super) fn contest_name(metric: &Metric<'_>) -> String {
    let case = evidence::case_name(metric.case, metric.param);
    format!("{case} ({})", metric.name)
}
