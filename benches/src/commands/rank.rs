//! `lab rank`: the engines of a run, case by case.

use std::io::Write;

use goish_results::summary::{Status, Summary, summarise};

use super::House;
use crate::failure::Failure;
use crate::protocol::mode_name;
use crate::table;

/// Rank the engines of a run: median, interval, ratio to the best
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The run [default: the newest]
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(house: &House, arguments: &Arguments) -> Result<(), Failure> {
    let run = house.load(arguments.run.as_deref())?;
    let summaries = summarise(&run);
    if arguments.json {
        super::print_json(&summaries)?;
    } else {
        let mut out = std::io::stdout().lock();
        writeln!(out, "run {}", run.header.id)?;
        table::write(&mut out, &rows(&summaries))?;
        out.flush()?;
    }
    super::complete(&run)
}

fn rows(summaries: &[Summary]) -> Vec<Vec<String>> {
    let heading = [
        "case",
        "param",
        "mode",
        "metric",
        "engine",
        "median",
        "95 % interval",
        "ratio",
        "",
    ];
    let heading = heading.map(str::to_owned).to_vec();
    std::iter::once(heading)
        .chain(summaries.iter().map(row))
        .collect()
}

fn row(summary: &Summary) -> Vec<String> {
    let figure = |value: Option<f64>| match value {
        Some(value) => table::value(value, &summary.unit),
        None => "-".to_owned(),
    };
    let interval = match (summary.lo, summary.hi) {
        (Some(_), Some(_)) => format!("{} to {}", figure(summary.lo), figure(summary.hi)),
        _ => "-".to_owned(),
    };
    vec![
        summary.case.clone(),
        summary.param.clone(),
        mode_name(summary.mode).to_owned(),
        summary.metric.clone(),
        summary.engine.clone(),
        if summary.status == Status::Ok {
            figure(summary.median)
        } else {
            summary.status.to_string()
        },
        interval,
        summary
            .ratio_to_best
            .map_or_else(|| "-".to_owned(), table::ratio),
        remark(summary),
    ]
}

fn remark(summary: &Summary) -> String {
    let remarks = [summary.reason.as_deref(), summary.note.as_deref()];
    remarks.into_iter().flatten().collect::<Vec<_>>().join("; ")
}
