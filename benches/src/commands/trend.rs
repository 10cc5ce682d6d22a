//! `lab trend`: each case over the recorded runs of one machine, with its steps.

use std::io::Write;

use goish_results::blessed;
use goish_results::store::Run;
use goish_results::trend::{Step, Trend, trends};

use super::House;
use crate::cases;
use crate::failure::Failure;
use crate::gate::revision::short;
use crate::protocol::mode_name;
use crate::table;

/// Show each case over the recorded runs of one machine, with the steps in it
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The machine's fingerprint [default: that of the newest run]
    #[arg(long, value_name = "FINGERPRINT")]
    machine: Option<String>,
    /// Only these cases, comma separated [default: all]
    #[arg(long, value_name = "X,Y", value_delimiter = ',')]
    cases: Vec<String>,
    /// Exit with 3 when there is a step for the worse that nobody accepted
    #[arg(long)]
    check: bool,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(house: &House, arguments: &Arguments) -> Result<(), Failure> {
    if !arguments.cases.is_empty() {
        cases::select(&arguments.cases)?;
    }
    let runs = runs(house, arguments.machine.as_deref())?;
    let blessings = blessed::load(house.store.root())?;
    let mut trends = trends(&runs, &blessings);
    if !arguments.cases.is_empty() {
        trends.retain(|trend| arguments.cases.contains(&trend.cell.case));
    }
    if trends.is_empty() {
        return Err(Failure::Incomplete(format!(
            "there is no trend yet: a case needs figures in two runs of one machine, and there {} of this one; `cargo lab run --quick` takes another",
            match runs.len() {
                1 => "is 1 run".to_owned(),
                count => format!("are {count} runs"),
            }
        )));
    }
    if arguments.json {
        super::print_json(&trends)?;
    } else {
        print(&trends)?;
        let folder = house.store.root().join("reports/trend");
        goish_dashboards::trend::write_trends(&trends, &folder)
            .map_err(|error| Failure::Other(error.to_string()))?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "trend: {}", house.shown(&folder.join("trend.md")))?;
        out.flush()?;
    }
    let open: Vec<String> = trends
        .iter()
        .filter(|trend| trend.open().next().is_some())
        .map(|trend| crate::gate::cells::name(&trend.cell))
        .collect();
    if arguments.check && !open.is_empty() {
        return Err(Failure::Regression(format!(
            "steps for the worse that nobody accepted: {}; `cargo lab bless CASE --why \"…\"` accepts one",
            open.join(", ")
        )));
    }
    Ok(())
}

/// The runs of one machine, the oldest first. What was scaled down is no measurement.
fn runs(house: &House, machine: Option<&str>) -> Result<Vec<Run>, Failure> {
    let newest = house.store.latest()?;
    let mut runs = Vec::new();
    for id in house.store.list()? {
        let run = house.store.load(&id)?;
        if run.header.scale().is_none() || id == newest {
            runs.push(run);
        }
    }
    let known: std::collections::BTreeSet<String> = runs
        .iter()
        .map(|run| run.header.machine.fingerprint())
        .collect();
    let wanted = match machine {
        Some(machine) if known.contains(machine) => machine.to_owned(),
        Some(machine) => {
            return Err(Failure::Usage(format!(
                "there is no run of the machine `{machine}`; there are runs of {}",
                known.into_iter().collect::<Vec<_>>().join(", ")
            )));
        }
        None => runs
            .last()
            .map(|run| run.header.machine.fingerprint())
            .unwrap_or_default(),
    };
    runs.retain(|run| run.header.machine.fingerprint() == wanted && run.header.scale().is_none());
    Ok(runs)
}

fn print(trends: &[Trend]) -> Result<(), Failure> {
    let heading = [
        "case",
        "param",
        "mode",
        "engine",
        "metric",
        "runs",
        "first level",
        "now",
        "steps",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for trend in trends {
        let level = |level: Option<&goish_results::trend::Level>| {
            level.map_or_else(
                || "-".to_owned(),
                |level| table::value(level.value, &trend.unit),
            )
        };
        let steps: Vec<String> = trend
            .steps
            .iter()
            .map(|step| describe(trend, step))
            .collect();
        rows.push(vec![
            trend.cell.case.clone(),
            trend.cell.param.clone(),
            mode_name(trend.cell.mode).to_owned(),
            trend.cell.engine.clone(),
            trend.metric.clone(),
            trend.points.len().to_string(),
            level(trend.levels.first()),
            level(trend.levels.last()),
            if steps.is_empty() {
                "none".to_owned()
            } else {
                steps.join("; ")
            },
        ]);
    }
    let mut out = std::io::stdout().lock();
    table::write(&mut out, &rows)?;
    Ok(out.flush()?)
}

/// A step in words.
fn describe(trend: &Trend, step: &Step) -> String {
    let point = &trend.points[step.at];
    let accepted = match &step.accepted {
        Some(why) => format!(", accepted: {why}"),
        None => String::new(),
    };
    format!(
        "{:+.1} % at {} ({}){accepted}",
        (step.ratio - 1.0) * 100.0,
        short(&point.commit),
        point.run
    )
}
