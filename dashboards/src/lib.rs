//! Turns recorded measurements of goish into charts and the decision report.
//!
//! [`write_report`] writes `index.html` (one page, everything inside, no script and no network),
//! `decision.md` and one SVG for each chart. [`splice`] puts generated tables between markers of a
//! README. Nothing is measured here: every figure comes from a [`Run`], and the words around the
//! figures stand in `src/prose/`, beside the code that makes the figures.

use std::path::Path;

use goish_results::store::{Run, write_atomically};
use goish_results::summary::Summary;

mod charts;
mod document;
mod error;
mod evidence;
mod format;
pub mod gate;
mod html;
mod markdown;
mod recommendation;
mod report;
mod splice;
pub mod trend;
mod verdict;

pub use error::ReportError;
pub use splice::{SpliceError, splice};

use document::Block;
use evidence::Evidence;

/// What a report needs to know beyond the run.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportOptions {
    /// The name of the engine that was the default: what the recommendation keeps or changes.
    pub default_engine: String,
    /// The run recorded before this one, which the report compares it with.
    pub previous: Option<Run>,
}

/// Writes the report of a run into a folder, which is made if it is not there: `index.html`,
/// `decision.md`, and `<chart>.svg` for each chart that the run has figures for. Each file is written
/// whole or not at all, `index.html` last; other files in the folder stay.
///
/// `summaries` are [`goish_results::summary::summarise`]'s of the same run.
///
/// # Errors
///
/// [`ReportError`], one sentence that names the path and the mend: no space, a folder that cannot be
/// written, a folder or a file standing in the way, rows of more than one machine.
pub fn write_report(
    run: &Run,
    summaries: &[Summary],
    out: &Path,
    options: &ReportOptions,
) -> Result<(), ReportError> {
    one_machine(run)?;
    let evidence = Evidence::new(run, summaries);
    let blocks = report::blocks(&evidence, options)?;
    for block in &blocks {
        if let Block::Chart(chart) = block {
            write(out, &format!("{}.svg", chart.name), &chart.standalone())?;
        }
    }
    write(out, "decision.md", &markdown::render(&blocks))?;
    write(
        out,
        "index.html",
        &html::page(&report::title(&evidence), &blocks),
    )
}

fn one_machine(run: &Run) -> Result<(), ReportError> {
    let Some(first) = run.rows.first() else {
        return Ok(());
    };
    match run.rows.iter().find(|row| row.machine != first.machine) {
        None => Ok(()),
        Some(other) => Err(ReportError::MixedMachines {
            run: run.header.id.clone(),
            expected: first.machine.clone(),
            found: other.machine.clone(),
        }),
    }
}

fn write(out: &Path, name: &str, content: &str) -> Result<(), ReportError> {
    if out.exists() && !out.is_dir() {
        return Err(ReportError::FileInTheWay {
            path: out.to_owned(),
        });
    }
    let path = out.join(name);
    // Moving a file over a folder fails with words that depend on the system.
    if path.is_dir() {
        return Err(ReportError::FolderInTheWay { path });
    }
    Ok(write_atomically(&path, content.as_bytes())?)
}
