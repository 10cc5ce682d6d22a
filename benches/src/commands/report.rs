//! `lab report`: what a run says, as a page and as a decision.

use std::io::Write;
use std::path::{Path, PathBuf};

use goish_dashboards::{ReportOptions, splice, write_report};
use goish_engines::{DefaultEngine, Engine};
use goish_results::store::{Run, write_atomically};
use goish_results::summary::summarise;

use super::House;
use crate::criterion_output::{self, Estimate};
use crate::failure::Failure;
use crate::table;

/// Write the report of a run again
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The run [default: the newest]
    #[arg(long, value_name = "ID")]
    run: Option<String>,
    /// Also put the run's tables between the markers of this file [default: README.md in the workspace]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    readme: Option<Option<PathBuf>>,
    /// Also take in what the criterion suites left in this folder [default: target/criterion]
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    criterion: Option<Option<PathBuf>>,
}

pub(super) fn run(house: &House, arguments: &Arguments) -> Result<(), Failure> {
    let run = house.load(arguments.run.as_deref())?;
    // Read before anything is written: what is stale or foreign changes nothing.
    let estimates = match &arguments.criterion {
        Some(folder) => Some(estimates(folder.as_deref())?),
        None => None,
    };
    if let Some(file) = &arguments.readme {
        let file = file
            .clone()
            .unwrap_or_else(|| house.workspace.join("README.md"));
        fill(&file, &run)?;
    }
    write_files(house, &run)?;
    if let Some(estimates) = estimates {
        add_criterion(house, &run, &estimates)?;
    }
    print_path(house, &run)?;
    super::complete(&run)?;
    super::promises_hold(&run)
}

fn estimates(folder: Option<&Path>) -> Result<Vec<Estimate>, Failure> {
    let folder = match folder {
        Some(folder) => folder.to_owned(),
        None => criterion_output::folder()
            .map_err(|error| Failure::Other(format!("this program cannot find itself: {error}")))?,
    };
    criterion_output::read(&folder).map_err(|error| Failure::Other(error.to_string()))
}

/// Puts criterion's figures beside the report, and into its text.
fn add_criterion(house: &House, run: &Run, estimates: &[Estimate]) -> Result<(), Failure> {
    let folder = house.store.report_dir(&run.header.id);
    let csv = folder.join("criterion.csv");
    criterion_output::write_csv(estimates, &csv)
        .map_err(|error| Failure::Other(error.to_string()))?;
    let decision = folder.join("decision.md");
    let mut text = std::fs::read_to_string(&decision)
        .map_err(|error| Failure::Other(format!("cannot read {}: {error}", decision.display())))?;
    text.push_str(&criterion_section(estimates));
    write_atomically(&decision, text.as_bytes())?;
    writeln!(std::io::stdout().lock(), "criterion: {}", house.shown(&csv))?;
    Ok(())
}

fn criterion_section(estimates: &[Estimate]) -> String {
    let mut text = String::from(
        "\n## What criterion measured\n\n\
         By `cargo bench`, in one process per suite and one engine after the other. The figures \
         above are the run's own: they are taken in fresh processes, interleaved, and with \
         deadlines.\n\n\
         | benchmark | median | 95 % interval | samples |\n|---|---|---|---|\n",
    );
    for Estimate {
        id,
        unit,
        median,
        lo,
        hi,
        samples,
    } in estimates
    {
        let [median, lo, hi] = [median, lo, hi].map(|&value| table::value(value, unit));
        text.push_str(&format!("| {id} | {median} | {lo} to {hi} | {samples} |\n"));
    }
    text
}

/// Puts the tables of a run between the markers of a file.
fn fill(file: &Path, run: &Run) -> Result<(), Failure> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::Other(format!("cannot read {shown}: {error}")))?;
    let text = splice(&text, run, &summarise(run))
        .map_err(|error| Failure::Other(format!("{shown}: {error}")))?;
    Ok(write_atomically(file, text.as_bytes())?)
}

/// Writes the report of a run and prints where it is.
pub(super) fn write(house: &House, run: &Run) -> Result<(), Failure> {
    write_files(house, run)?;
    print_path(house, run)
}

fn write_files(house: &House, run: &Run) -> Result<(), Failure> {
    let folder = house.store.report_dir(&run.header.id);
    let id = &run.header.id;
    let options = ReportOptions {
        default_engine: (run.header.default_engine.clone())
            .unwrap_or_else(|| DefaultEngine::INFO.name.to_owned()),
        previous: previous(house, run),
    };
    write_report(run, &summarise(run), &folder, &options).map_err(|error| {
        Failure::Other(format!(
            "{error}; the run is kept, and `cargo lab report --run {id}` writes its report"
        ))
    })
}

/// The run of the same length that was recorded before this one, if it can be read: what changed since
/// is worth telling, and no reason to have no report.
fn previous(house: &House, run: &Run) -> Option<Run> {
    let id = &run.header.id;
    let mut ids = house.store.list().ok()?;
    ids.retain(|other| other < id);
    // Names begin with the time.
    ids.sort_unstable();
    let mut earlier = ids.iter().rev().filter_map(|id| house.store.load(id).ok());
    earlier.find(|other| other.header.quick == run.header.quick && !other.rows.is_empty())
}

/// The last line of `run` and `report`.
fn print_path(house: &House, run: &Run) -> Result<(), Failure> {
    let page = house.store.report_dir(&run.header.id).join("index.html");
    let mut out = std::io::stdout().lock();
    writeln!(out, "report: {}", house.shown(&page))?;
    Ok(out.flush()?)
}
