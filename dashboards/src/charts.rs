//! The charts of the report: what each shows, taken from the run, and drawn with plotters.

mod axis;
pub(crate) mod canvas;
mod curves;
mod dots;
mod rows;
mod runtimes;
mod scaling;
pub(crate) mod theme;

use crate::error::ReportError;

pub(crate) use canvas::Svg;
pub(crate) use rows::{bytes_per_channel, bytes_per_goroutine, per_message, spawn};
pub(crate) use runtimes::runtimes;
pub(crate) use scaling::{cancel, fan_in, percentiles};
pub(crate) use theme::style_sheet;

/// Notes below a chart beyond this many are left to the tables.
const MOST_NOTES: usize = 8;

fn drawn(name: &str, chart: Result<Svg, canvas::DrawError>) -> Result<Option<Svg>, ReportError> {
    chart.map(Some).map_err(|cause| ReportError::Chart {
        chart: format!("{name}.svg"),
        cause: cause.to_string(),
    })
}

/// Each note once, and a word on those that there is no room for.
fn few(notes: Vec<String>) -> Vec<String> {
    let mut few: Vec<String> = Vec::new();
    for note in notes {
        if !few.contains(&note) {
            few.push(note);
        }
    }
    let more = few.len().saturating_sub(MOST_NOTES);
    if more > 0 {
        few.truncate(MOST_NOTES);
        few.push(format!(
            "{more} more are in the table of everything measured."
        ));
    }
    few
}
