//! The `lab` command: one file for each subcommand.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use goish_results::store::{PlannedSample, Run, Store};

use crate::conformance;
use crate::failure::Failure;
use crate::place;
use crate::protocol::Request;

mod bless;
mod cmp;
mod gate;
mod machine;
mod rank;
mod report;
mod run;
mod trend;

/// The laboratory of goish: measures the channel engines, records every sample, and writes the
/// decision report.
///
/// Exit codes: 0 fine, 2 wrong usage, 3 regression, 4 too noisy to say, 5 nothing or not everything
/// measured, 1 anything else.
#[derive(Debug, Parser)]
#[command(
    name = "lab",
    bin_name = "cargo lab",
    version,
    disable_help_subcommand = true
)]
struct Arguments {
    /// Where runs and reports are kept [default: results/ in the workspace]
    #[arg(long, global = true, env = "GOISH_RESULTS", value_name = "DIR")]
    results: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Report(report::Arguments),
    Rank(rank::Arguments),
    Cmp(cmp::Arguments),
    Gate(gate::Arguments),
    Trend(trend::Arguments),
    Bless(bless::Arguments),
    Machine(machine::Arguments),
    /// Takes one sample in this process; what `run` starts for each
    #[command(hide = true)]
    Child(Request),
    /// Counts what operations take in this process; what `gate` starts twice for each
    #[command(hide = true)]
    Count(crate::count::Request),
    /// Loads a core half of the time; what `gate --self-test` starts
    #[command(hide = true)]
    Burn,
    /// Says what `child` and `count` understand; what `gate` asks first
    #[command(hide = true)]
    Protocol,
    /// Tries one promise in this process; what `run` starts for each
    #[command(hide = true)]
    Promise(conformance::Request),
}

/// Runs the command of this process's arguments and returns its exit code.
pub fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => run(parsed).map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS),
        Err(refused) if refused.use_stderr() => {
            Failure::Usage(explain(&refused, &arguments)).report()
        }
        // `--help` and `--version` come this way too. That nobody reads them is no error.
        Err(help) => {
            let _ = help.print();
            ExitCode::SUCCESS
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let house = House::new(arguments.results);
    match arguments.command {
        Command::Run(arguments) => run::run(&house, arguments),
        Command::Report(arguments) => report::run(&house, &arguments),
        Command::Rank(arguments) => rank::run(&house, &arguments),
        Command::Cmp(arguments) => cmp::run(&house, &arguments),
        Command::Gate(arguments) => gate::run(&house, &arguments),
        Command::Trend(arguments) => trend::run(&house, &arguments),
        Command::Bless(arguments) => bless::run(&house, &arguments),
        Command::Machine(arguments) => machine::run(&arguments),
        Command::Child(request) => crate::child::main(&request),
        Command::Count(request) => crate::count::main(&request),
        Command::Burn => crate::gate::load::burn(),
        Command::Protocol => gate::say_protocol(),
        Command::Promise(request) => conformance::main(&request),
    }
}

/// What every subcommand works on.
#[derive(Debug)]
struct House {
    workspace: PathBuf,
    store: Store,
}

impl House {
    fn new(results: Option<PathBuf>) -> Self {
        let workspace = place::workspace();
        let results = results.unwrap_or_else(|| workspace.join("results"));
        House {
            store: Store::open(results),
            workspace,
        }
    }

    /// Loads a run, the newest when none is named, and passes its warnings on.
    fn load(&self, id: Option<&str>) -> Result<Run, Failure> {
        let run = match id {
            Some(id) => self.store.load(id)?,
            None => self.store.load(&self.store.latest()?)?,
        };
        for warning in &run.warnings {
            crate::console::note(&format!("warning: {warning}"));
        }
        Ok(run)
    }

    /// A path as a user at the root of the workspace would type it.
    fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.workspace).unwrap_or(path).display()
    }
}

/// Fails when a run lacks samples or has samples that failed. What did not finish, or was refused,
/// is measured: it is known why there is no number.
fn complete(run: &Run) -> Result<(), Failure> {
    use goish_results::record::Outcome;
    let failed = run
        .rows
        .iter()
        .filter(|row| matches!(row.outcome, Outcome::Error { .. }))
        .count();
    let planned = run.header.plan.len();
    let there: BTreeSet<u64> = run.rows.iter().map(|row| row.order).collect();
    let lacks = |sample: &&PlannedSample| !there.contains(&sample.order);
    let missing = run.header.plan.iter().filter(lacks).count();
    if planned == 0 && run.rows.is_empty() {
        return Err(Failure::Incomplete(format!(
            "nothing was measured in the run `{}`",
            run.header.id
        )));
    }
    if failed + missing == 0 {
        return Ok(());
    }
    let mut parts = Vec::new();
    if failed > 0 {
        parts.push(format!("{failed} failed (`cargo lab rank` says why)"));
    }
    if missing > 0 {
        let id = &run.header.id;
        parts.push(format!(
            "{missing} are missing (`cargo lab run --resume {id}` takes them)"
        ));
    }
    Err(Failure::Incomplete(format!(
        "of the {planned} samples of the run `{}`, {}",
        run.header.id,
        parts.join(" and ")
    )))
}

/// Fails when a run tried a promise of goish's and found it broken: its figures are then those of a
/// runtime that does not do what it says.
fn promises_hold(run: &Run) -> Result<(), Failure> {
    use goish_results::record::ConformanceOutcome;
    let broken: BTreeSet<String> = run
        .conformance
        .iter()
        // What is not an engine of goish's, such as a published version, made its own promises.
        .filter(|tried| !run.header.subjects.contains_key(&tried.engine))
        .filter(|tried| tried.outcome == ConformanceOutcome::Fails)
        .map(|tried| format!("{} on {}", tried.promise, tried.engine))
        .collect();
    if broken.is_empty() {
        return Ok(());
    }
    let broken: Vec<String> = broken.into_iter().collect();
    Err(Failure::Other(format!(
        "promises are broken: {} (the report's conformance table says how)",
        broken.join(", ")
    )))
}

/// Prints a JSON array of these, one object a line so that a diff of two outputs can be read.
fn print_json<T: serde::Serialize>(values: &[T]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(b"[")?;
    for (index, value) in values.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        out.write_all(&serde_json::to_vec(value)?)?;
    }
    out.write_all(b"\n]\n")?;
    Ok(out.flush()?)
}

/// One sentence on why the arguments were refused, that names what would have been right.
fn explain(refused: &clap::Error, arguments: &[OsString]) -> String {
    let text = |kind| match refused.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        _ => String::new(),
    };
    let lab = Arguments::command();
    match refused.kind() {
        ErrorKind::InvalidSubcommand => format!(
            "there is no command `{}`; the commands are {}",
            text(ContextKind::InvalidSubcommand),
            subcommands(&lab)
        ),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            format!("say what to do: {}", subcommands(&lab))
        }
        ErrorKind::UnknownArgument => {
            let names = arguments
                .iter()
                .skip(1)
                .filter_map(|argument| argument.to_str());
            let command = names
                .filter_map(|name| lab.find_subcommand(name))
                .next()
                .unwrap_or(&lab);
            let argument = text(ContextKind::InvalidArg);
            format!(
                "`{}` does not know `{argument}`; it knows {}",
                command.get_name(),
                flags(command)
            )
        }
        _ => {
            // clap's sentence is its first paragraph; a hint and the usage follow.
            let text = refused.to_string();
            let sentence = text
                .lines()
                .map(str::trim)
                .take_while(|line| !line.is_empty());
            let sentence = sentence.collect::<Vec<_>>().join(" ");
            sentence.trim_start_matches("error: ").to_owned()
        }
    }
}

fn subcommands(lab: &clap::Command) -> String {
    let shown = lab
        .get_subcommands()
        .filter(|command| !command.is_hide_set());
    shown
        .map(clap::Command::get_name)
        .collect::<Vec<_>>()
        .join(", ")
}

fn flags(command: &clap::Command) -> String {
    let shown = command
        .get_arguments()
        .filter(|argument| !argument.is_hide_set());
    let mut names: Vec<String> = shown
        .map(|argument| match argument.get_long() {
            Some(long) => format!("--{long}"),
            None => argument.get_id().as_str().to_uppercase(),
        })
        .collect();
    names.extend(["--results", "--help"].map(str::to_owned));
    names.dedup();
    names.join(", ")
}
