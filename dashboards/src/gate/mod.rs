//! What a gate said, for those who read it: a Markdown summary, a chart, and the formats of two
//! existing services.

use std::path::Path;

use goish_results::gate::record::{CaseReport, GateReport};
use goish_results::record::{Cell, Mode};

use crate::error::ReportError;
use crate::write;

mod chart;
mod exports;
mod markdown;

pub use exports::{bencher, openmetrics};
pub use markdown::summary;

/// Writes what a gate said into its folder: `summary.md`, `gate.svg` where a case has an interval,
/// `bencher.json` and `metrics.txt`.
///
/// # Errors
///
/// As [`write_report`](crate::write_report).
pub fn write_gate(report: &GateReport, out: &Path) -> Result<(), ReportError> {
    if let Some(chart) = chart::ratios(report)? {
        write(out, "gate.svg", &chart.standalone())?;
    }
    write(out, "bencher.json", &bencher(report))?;
    write(out, "metrics.txt", &openmetrics(report))?;
    write(out, "summary.md", &summary(report))
}

/// A cell as a reader names it, for example `contended-16, capacity 0 on native`.
pub(crate) fn name(cell: &Cell) -> String {
    let param = match cell.param.as_str() {
        "" => String::new(),
        param => format!(" {param}"),
    };
    let mode = match cell.mode {
        Mode::Goish => "",
        Mode::Raw => " raw",
    };
    format!("{}{param} on {}{mode}", cell.case, cell.engine)
}

/// A ratio as a signed percentage.
pub(crate) fn change(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0)
}

/// The cases that a chart can show.
fn with_ratio(report: &GateReport) -> impl Iterator<Item = &CaseReport> {
    report
        .cases
        .iter()
        .filter(|case| case.finding.ratio.is_some())
}
