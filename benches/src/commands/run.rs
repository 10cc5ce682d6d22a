//! `lab run`: measure, record, then report.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use clap::Parser;
use goish_engines::{DefaultEngine, Engine, Visitor};
use goish_results::record::SCHEMA;
use goish_results::store::{RunHeader, RunWriter, timestamp};

use super::House;
use crate::cases::Weight;
use crate::failure::Failure;
use crate::field::programs::Programs;
use crate::field::register::{self, Entry, SUBJECTS};
use crate::memory;
use crate::place::{self, Checkout};
use crate::plan::plan;

mod lines;
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
    /// Measure the whole field: also goroutine runtimes, channel crates, published goish, and Go
    #[arg(long, conflicts_with = "resume")]
    field: bool,
    /// Also on these schedulers, comma separated [default: the default one; with --field all]
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        conflicts_with = "resume"
    )]
    schedulers: Vec<String>,
    /// Of the field only these subjects, comma separated [default: all]
    #[arg(
        long,
        value_name = "A,B",
        value_delimiter = ',',
        requires = "field",
        conflicts_with = "resume"
    )]
    subjects: Vec<String>,
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

    fn samples(&self, weight: Weight) -> u32 {
        self.samples.unwrap_or_else(|| match self.field {
            true => weight.samples_of_field(self.quick),
            false => weight.samples(self.quick),
        })
    }

    /// The subjects of the field that are asked for.
    fn subjects(&self) -> Result<Vec<&'static Entry>, Failure> {
        let on_scheduler = self.on_schedulers()?;
        if !self.field {
            return Ok(on_scheduler);
        }
        if let Some(name) = self
            .subjects
            .iter()
            .find(|name| register::find(name).is_none())
        {
            let names: Vec<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
            let names = names.join(", ");
            return Err(Failure::Usage(format!(
                "the field has no subject `{name}`; the subjects are {names}"
            )));
        }
        let wanted = |subject: &&Entry| {
            if subject.scheduler().is_some() && !self.schedulers.is_empty() {
                return on_scheduler.iter().any(|other| other.name == subject.name);
            }
            self.subjects.is_empty() || self.subjects.iter().any(|name| name == subject.name)
        };
        Ok(SUBJECTS.iter().filter(wanted).collect())
    }

    /// The subjects that are goish on the schedulers asked for. The default one has no subject: the
    /// engines' rows are its rows.
    fn on_schedulers(&self) -> Result<Vec<&'static Entry>, Failure> {
        let built = goish::runtime::schedulers();
        if let Some(name) = self
            .schedulers
            .iter()
            .find(|name| !built.contains(&name.as_str()))
        {
            return Err(Failure::Usage(format!(
                "goish has no scheduler `{name}`; the schedulers of this build are {}",
                built.join(", ")
            )));
        }
        let wanted = |subject: &&Entry| {
            let scheduler = subject.scheduler();
            scheduler.is_some_and(|name| self.schedulers.iter().any(|wanted| wanted == name))
        };
        Ok(SUBJECTS.iter().filter(wanted).collect())
    }

    /// The command as a user would type it to get the same plan. It is kept with the run, and what
    /// a resumed run does beyond its plan is read from it.
    fn command(&self) -> String {
        let mut words = vec!["cargo lab run".to_owned()];
        for (flag, given) in [("--field", self.field), ("--quick", self.quick)] {
            if given {
                words.push(flag.to_owned());
            }
        }
        for (flag, names) in [
            ("--engines", &self.engines),
            ("--schedulers", &self.schedulers),
            ("--subjects", &self.subjects),
            ("--cases", &self.cases),
        ] {
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
    let interrupted = Arc::new(AtomicBool::new(false));
    crate::signals::heed(&interrupted)?;
    let (session, done, writer) = match &arguments.resume {
        Some(id) => resume(house, id, &interrupted)?,
        None => begin(house, &arguments, &interrupted)?,
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
    programs: Programs,
    interrupted: Arc<AtomicBool>,
    memory_bytes: Option<u64>,
}

type Begun = (Session, BTreeSet<u64>, RunWriter);

/// Plans a new run and creates it in the store.
fn begin(
    house: &House,
    arguments: &Arguments,
    interrupted: &Arc<AtomicBool>,
) -> Result<Begun, Failure> {
    let engines = engines(&arguments.engines)?;
    let subjects = arguments.subjects()?;
    let lines = lines::lines(arguments, &engines, &subjects)?;
    let programs = programs(house, arguments, &subjects, interrupted)?;
    let plan = plan(&lines, |subject| programs.lacks(subject));
    let checkout = Checkout::of(&house.workspace);
    let mut engine_versions = place::engine_versions(&goish_engines::built());
    engine_versions.retain(|engine, _| engines.contains(&engine.as_str()));
    engine_versions.extend(programs.versions.clone());
    let of_field = |subject: &&Entry| (subject.name.to_owned(), subject.subject());
    let header = RunHeader {
        schema: SCHEMA,
        id: house.store.fresh_id(&checkout.commit),
        started_at: timestamp(),
        commit: checkout.commit,
        dirty: checkout.dirty,
        machine: super::machine::detect(),
        engine_versions,
        default_engine: Some(DefaultEngine::INFO.name.to_owned()),
        subjects: subjects.iter().map(of_field).collect(),
        command: arguments.command(),
        quick: arguments.quick,
        plan,
    };
    let writer = house.store.create(header.clone())?;
    Ok((
        Session {
            header,
            settings: arguments.settings(),
            programs,
            interrupted: Arc::clone(interrupted),
            memory_bytes: None,
        },
        BTreeSet::new(),
        writer,
    ))
}

/// The programs of a run's subjects, built where they have to be.
fn programs(
    house: &House,
    arguments: &Arguments,
    subjects: &[&'static Entry],
    interrupted: &AtomicBool,
) -> Result<Programs, Failure> {
    let mimalloc = arguments.field && arguments.subjects.is_empty();
    Programs::prepare(&house.workspace, subjects, mimalloc, interrupted)
        .ok_or_else(|| Failure::Incomplete("interrupted before anything was measured".to_owned()))
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
fn resume(house: &House, id: &str, interrupted: &Arc<AtomicBool>) -> Result<Begun, Failure> {
    let (header, done, writer) = house.store.resume(id)?;
    let arguments = Arguments::of_command(&header.command).ok_or_else(|| {
        Failure::Other(format!(
            "the run `{id}` was begun with a command that this build does not know: `{}`; take a new run",
            header.command
        ))
    })?;
    let programs = programs(house, &arguments, &arguments.subjects()?, interrupted)?;
    let differences = differences(&header, &Checkout::of(&house.workspace), &programs)?;
    if !differences.is_empty() {
        return Err(Failure::Other(format!(
            "the run `{id}` cannot be completed here, because its rows would not be comparable: {}; take a new run",
            differences.join("; ")
        )));
    }
    Ok((
        Session {
            settings: arguments.settings(),
            header,
            programs,
            interrupted: Arc::clone(interrupted),
            memory_bytes: None,
        },
        done,
        writer,
    ))
}

/// In what the run's beginning differs from here and now.
fn differences(
    header: &RunHeader,
    now: &Checkout,
    programs: &Programs,
) -> Result<Vec<String>, Failure> {
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
    let planned = header.engine_versions.keys();
    let planned: Vec<String> = planned
        .filter(|name| !header.subjects.contains_key(*name))
        .cloned()
        .collect();
    engines(&planned)?;
    let mut versions = place::engine_versions(&goish_engines::built());
    versions.extend(programs.versions.clone());
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
            "--field --quick --subjects go,may",
        ] {
            let begun = parse(words);
            let resumed = Arguments::of_command(&begun.command()).unwrap();
            assert_eq!(resumed.settings(), begun.settings(), "{words}");
            assert_eq!(resumed.command(), begun.command(), "{words}");
        }
    }
}
