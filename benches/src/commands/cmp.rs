//! `lab cmp`: two runs, or two engines of one run, case by case.

use std::io::Write;

use goish_results::compare::{self, Compared, Comparison, Verdict};
use goish_results::store::Run;
use goish_results::summary::{Status, Summary};

use super::House;
use crate::failure::Failure;
use crate::protocol::mode_name;
use crate::table;

/// Compare two runs, or two engines of one run, case by case
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A run or an engine
    #[arg(value_name = "A")]
    a: String,
    /// Another run, or another engine
    #[arg(value_name = "B")]
    b: String,
    /// The run whose engines are compared [default: the newest]
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Compare runs of different machines all the same, and say in what the machines differ
    #[arg(long)]
    across_machines: bool,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(house: &House, arguments: &Arguments) -> Result<(), Failure> {
    let runs = house.store.list()?;
    let is_run = |name: &String| runs.contains(name);
    let (comparison, used) = if is_run(&arguments.a) || is_run(&arguments.b) {
        let (left, right) = (
            house.load(Some(&arguments.a))?,
            house.load(Some(&arguments.b))?,
        );
        (
            compare::runs(&left, &right, arguments.across_machines)?,
            vec![left, right],
        )
    } else {
        let run = house.load(arguments.run.as_deref())?;
        for name in [&arguments.a, &arguments.b] {
            known(name, &run, &runs)?;
        }
        (
            compare::engines(&run, &arguments.a, &arguments.b)?,
            vec![run],
        )
    };
    if arguments.json {
        super::print_json(&comparison.sides())?;
    } else {
        print(&comparison)?;
    }
    let told = |warning: &&String| !used.iter().any(|run| run.warnings.contains(warning));
    for warning in comparison.warnings.iter().filter(told) {
        crate::console::note(&format!("warning: {warning}"));
    }
    used.iter().try_for_each(super::complete)
}

/// Refuses a name that is neither an engine of the run nor a run.
fn known(name: &str, run: &Run, runs: &[String]) -> Result<(), Failure> {
    let planned = run
        .header
        .plan
        .iter()
        .map(|planned| planned.cell.engine.as_str());
    let recorded = run.rows.iter().map(|row| row.cell.engine.as_str());
    let mut engines: Vec<&str> = planned.chain(recorded).collect();
    engines.sort_unstable();
    engines.dedup();
    if engines.contains(&name) {
        return Ok(());
    }
    Err(Failure::Usage(format!(
        "`{name}` is neither an engine of the run `{}` ({}) nor a run ({})",
        run.header.id,
        engines.join(", "),
        runs.join(", ")
    )))
}

fn print(comparison: &Comparison) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "A = {}, B = {}", comparison.left, comparison.right)?;
    for difference in &comparison.differences {
        let (component, left, right) = (&difference.component, &difference.left, &difference.right);
        writeln!(
            out,
            "the machines differ in {component}: {left} and {right}"
        )?;
    }
    let heading = [
        "case",
        "param",
        "mode",
        "metric",
        "engine",
        "A",
        "B",
        "B / A",
        "95 % interval",
        "",
    ];
    let heading = heading.map(str::to_owned).to_vec();
    let by_run = !comparison.paired;
    let rows = comparison.lines.iter().map(|line| row(line, by_run));
    table::write(
        &mut out,
        &std::iter::once(heading).chain(rows).collect::<Vec<_>>(),
    )?;
    Ok(out.flush()?)
}

fn row(line: &Compared, by_run: bool) -> Vec<String> {
    let dash = || "-".to_owned();
    let Some(key) = line.left.as_ref().or(line.right.as_ref()) else {
        return Vec::new();
    };
    let interval = line
        .ratio
        .as_ref()
        .map(|ratio| format!("{} to {}", table::ratio(ratio.lo), table::ratio(ratio.hi)));
    vec![
        key.case.clone(),
        key.param.clone(),
        mode_name(key.mode).to_owned(),
        key.metric.clone(),
        if by_run { key.engine.clone() } else { dash() },
        side(line.left.as_ref()),
        side(line.right.as_ref()),
        line.ratio
            .as_ref()
            .map_or_else(dash, |ratio| table::ratio(ratio.median)),
        interval.unwrap_or_else(dash),
        verdict(line.verdict).to_owned(),
    ]
}

fn side(summary: Option<&Summary>) -> String {
    match summary {
        Some(Summary {
            status: Status::Ok,
            median: Some(median),
            unit,
            ..
        }) => table::value(*median, unit),
        Some(summary) => summary.status.to_string(),
        None => "-".to_owned(),
    }
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "B is better",
        Verdict::Worse => "B is worse",
        Verdict::Undecided => "undecided",
        Verdict::Incomplete => "no figure on one side",
    }
}
