//! `lab run`: measure, record, then report.

use std::collections::BTreeSet;

use clap::Parser;
use goish_engines::Visitor;
use goish_results::record::SCHEMA;
use goish_results::store::{RunHeader, RunWriter, timestamp};

use super::House;
use crate::cases::{self, CASES, Case};
use crate::failure::Failure;
use crate::memory;
use crate::place::{self, Checkout};
use crate::plan::plan;

mod measure;

/// Measure, record every sample, then write the report
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Arguments {
    /// Take few samples, with short deadlines: both engines within four minutes on two cores
    #[arg(long, conflicts_with = "resume")]
    quick: bool,
    /// Only these engines, comma separated [default: all that were built]
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        conflicts_with = "resume"
    )]
    engines: Vec<String>,
    /// Only these cases, comma separated [default: all]
    #[arg(
        long,
        value_name = "X,Y",
        value_delimiter = ',',
        conflicts_with = "resume"
    )]
    cases: Vec<String>,
    /// Complete this run, with the plan that it began with
    #[arg(long, value_name = "ID")]
    resume: Option<String>,
    /// Milliseconds that a sample may take to prepare, and as many to run [default: 10000, with --quick 4000]
    #[arg(long, value_name = "MS", conflicts_with = "resume", value_parser = clap::value_parser!(u64).range(1..))]
    deadline_ms: Option<u64>,
    /// Mebibytes of address space that a sample may take [default: three quarters of what is free]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u64).range(1..))]
    memory_mib: Option<u64>,
    /// Take this many samples of every case
    #[arg(long, value_name = "N", conflicts_with = "resume", value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// Divide every count by this. Rows say so: they are no real measurements
    #[arg(long, hide = true, default_value_t = 1, conflicts_with = "resume", value_parser = clap::value_parser!(u64).range(1..))]
    scale: u64,
}

/// What a run is begun with, and resumed with.
#[derive(Clone, Debug, PartialEq)]
struct Settings {
    quick: bool,
    scale: u64,
    deadline_ms: u64,
}

impl Arguments {
    fn settings(&self) -> Settings {
        let usual = if self.quick { 4_000 } else { 10_000 };
        Settings {
            quick: self.quick,
            scale: self.scale,
            deadline_ms: self.deadline_ms.unwrap_or(usual),
        }
    }

    fn samples(&self, case: &Case) -> u32 {
        self.samples.unwrap_or_else(|| case.samples(self.quick))
    }

    /// The command as a user would type it to get the same plan. It is kept with the run, and what
    /// a resumed run does beyond its plan is read from it.
    fn command(&self) -> String {
        let mut words = vec!["cargo lab run".to_owned()];
        if self.quick {
            words.push("--quick".to_owned());
        }
        for (flag, names) in [("--engines", &self.engines), ("--cases", &self.cases)] {
            if !names.is_empty() {
                words.push(format!("{flag} {}", names.join(",")));
            }
        }
        words.extend(self.deadline_ms.map(|ms| format!("--deadline-ms {ms}")));
        words.extend(self.samples.map(|samples| format!("--samples {samples}")));
        if self.scale > 1 {
            words.push(format!("--scale {}", self.scale));
        }
        words.join(" ")
    }

    /// The arguments of a command that [`Arguments::command`] wrote.
    fn of_command(command: &str) -> Option<Self> {
        let words = command.split_whitespace().skip_while(|&word| word != "lab");
        match super::Arguments::try_parse_from(words).ok()?.command {
            super::Command::Run(arguments) => Some(arguments),
            _ => None,
        }
    }
}

pub(super) fn run(house: &House, arguments: Arguments) -> Result<(), Failure> {
    let memory_bytes = arguments
        .memory_mib
        .map(|mib| mib << 20)
        .or_else(memory::allowance);
    let (session, done, writer) = match &arguments.resume {
        Some(id) => resume(house, id)?,
        None => begin(house, &arguments)?,
    };
    let session = Session {
        memory_bytes,
        ..session
    };
    let id = session.header.id.clone();
    let tried = arguments.resume.is_some() && !house.store.load(&id)?.conformance.is_empty();
    measure::measure(&session, &done, !tried, writer)?;

    let run = house.load(Some(&id))?;
    super::report::write(house, &run)?;
    super::complete(&run)?;
    super::promises_hold(&run)
}

/// A run that is being taken.
struct Session {
    header: RunHeader,
    settings: Settings,
    memory_bytes: Option<u64>,
}

type Begun = (Session, BTreeSet<u64>, RunWriter);

/// Plans a new run and creates it in the store.
fn begin(house: &House, arguments: &Arguments) -> Result<Begun, Failure> {
    let engines = engines(&arguments.engines)?;
    let cases = match arguments.cases.as_slice() {
        [] => CASES.iter().collect(),
        wanted => cases::select(wanted)?,
    };
    let settings = arguments.settings();
    let plan = plan(&cases, &engines, |case| arguments.samples(case));
    let checkout = Checkout::of(&house.workspace);
    let mut engine_versions = place::engine_versions(&goish_engines::built());
    engine_versions.retain(|engine, _| engines.contains(&engine.as_str()));
    let header = RunHeader {
        schema: SCHEMA,
        id: house.store.fresh_id(&checkout.commit),
        started_at: timestamp(),
        commit: checkout.commit,
        dirty: checkout.dirty,
        machine: super::machine::detect(),
        engine_versions,
        command: arguments.command(),
        quick: arguments.quick,
        plan,
    };
    let writer = house.store.create(header.clone())?;
    Ok((
        Session {
            header,
            settings,
            memory_bytes: None,
        },
        BTreeSet::new(),
        writer,
    ))
}

/// The engines asked for, or all, by the names that the registry has for them.
pub(super) fn engines(wanted: &[String]) -> Result<Vec<&'static str>, Failure> {
    struct Name(&'static str);
    impl Visitor for Name {
        fn visit<E: goish_engines::Engine>(&mut self) {
            self.0 = E::INFO.name;
        }
    }
    if wanted.is_empty() {
        return Ok(goish_engines::built()
            .iter()
            .map(|engine| engine.name)
            .collect());
    }
    let mut engines = Vec::new();
    for wanted in wanted {
        let mut name = Name("");
        goish_engines::visit(wanted, &mut name)
            .map_err(|unknown| Failure::Usage(unknown.to_string()))?;
        if !engines.contains(&name.0) {
            engines.push(name.0);
        }
    }
    Ok(engines)
}

/// Opens a run that was cut off, if it can be completed here and now.
fn resume(house: &House, id: &str) -> Result<Begun, Failure> {
    let (header, done, writer) = house.store.resume(id)?;
    let differences = differences(&header, &Checkout::of(&house.workspace))?;
    if !differences.is_empty() {
        return Err(Failure::Other(format!(
            "the run `{id}` cannot be completed here, because its rows would not be comparable: {}; take a new run",
            differences.join("; ")
        )));
    }
    let arguments = Arguments::of_command(&header.command).ok_or_else(|| {
        Failure::Other(format!(
            "the run `{id}` was begun with a command that this build does not know: `{}`; take a new run",
            header.command
        ))
    })?;
    Ok((
        Session {
            settings: arguments.settings(),
            header,
            memory_bytes: None,
        },
        done,
        writer,
    ))
}

/// In what the run's beginning differs from here and now.
fn differences(header: &RunHeader, now: &Checkout) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for difference in header.machine.differences(&super::machine::detect()) {
        let (component, then, now) = (difference.component, difference.left, difference.right);
        found.push(format!("the machine's {component} was {then} and is {now}"));
    }
    if header.commit != now.commit {
        found.push(format!(
            "the commit was {} and is {}",
            header.commit, now.commit
        ));
    }
    let state = |dirty| if dirty { "changed" } else { "as committed" };
    if header.dirty != now.dirty {
        let (then, now) = (state(header.dirty), state(now.dirty));
        found.push(format!("the work tree was {then} and is {now}"));
    }
    let planned: Vec<String> = header.engine_versions.keys().cloned().collect();
    engines(&planned)?;
    let versions = place::engine_versions(&goish_engines::built());
    for (engine, then) in &header.engine_versions {
        match versions.get(engine) {
            Some(now) if now == then => {}
            Some(now) => found.push(format!("the engine {engine} was {then} and is {now}")),
            None => found.push(format!("the engine {engine} was not built")),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Arguments {
        Arguments::of_command(&format!("cargo lab run {words}")).unwrap()
    }

    #[test]
    fn a_resumed_run_has_the_settings_that_it_began_with() {
        for words in [
            "",
            "--quick",
            "--engines flume --cases fan-in,cancel --scale 100",
            "--deadline-ms 50 --samples 3",
        ] {
            let begun = parse(words);
            let resumed = Arguments::of_command(&begun.command()).unwrap();
            assert_eq!(resumed.settings(), begun.settings(), "{words}");
            assert_eq!(resumed.command(), begun.command(), "{words}");
        }
    }
}
