//! `lab gate`: whether a change made something slower or fatter.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use goish_engines::{DefaultEngine, Engine, Info};
use goish_results::gate::files::{GateWriter, fresh_id};
use goish_results::gate::record::{
    CaseReport, Conclusion, Counts, GateHeader, GateReport, Revision, SCHEMA,
};
use goish_results::gate::{Finding, Reason, Rules};
use goish_results::record::Mode;
use goish_results::store::timestamp;

use super::House;
use crate::cases;
use crate::failure::Failure;
use crate::gate::build::{self, Built, Cache, Recipe};
use crate::gate::cells::{self, Target};
use crate::gate::program::{Program, Spoken};
use crate::gate::revision::Source;
use crate::gate::sampling::{self, Arms, Sampled};

/// Say whether a change made something slower or fatter
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Arguments {
    /// The revision to compare with
    #[arg(long, value_name = "REV")]
    base: String,
    /// The revision to judge [default: the work tree as it is]
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Only these cases, comma separated [default: all but parked-1m]
    #[arg(long, value_name = "X,Y", value_delimiter = ',')]
    cases: Vec<String>,
    /// Only these engines, comma separated [default: the default engine, and those whose file changed]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    engines: Vec<String>,
    /// How the engines are reached, comma separated
    #[arg(long, value_name = "MODE", value_delimiter = ',', value_parser = crate::protocol::parse_mode, default_value = "goish")]
    modes: Vec<Mode>,
    /// Answer within three minutes after the builds: one parameter of each case
    #[arg(long)]
    quick: bool,
    /// Minutes that sampling may take [default: 9, with --quick 2.5]
    #[arg(long, value_name = "MIN", value_parser = minutes)]
    budget: Option<f64>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (0.01..=1_440.0).contains(&minutes) => Ok(minutes),
        _ => Err("a budget is a number of minutes, from 0.01 to 1440".to_owned()),
    }
}

impl Arguments {
    fn budget(&self) -> Duration {
        let usual = if self.quick { 2.5 } else { 9.0 };
        Duration::from_secs_f64(60.0 * self.budget.unwrap_or(usual))
    }

    /// As a reader would type it.
    fn command(&self) -> String {
        let mut words = vec![format!("cargo lab gate --base {}", self.base)];
        words.extend(self.head.iter().map(|head| format!("--head {head}")));
        for (flag, names) in [("--cases", &self.cases), ("--engines", &self.engines)] {
            if !names.is_empty() {
                words.push(format!("{flag} {}", names.join(",")));
            }
        }
        if self.modes != [Mode::Goish] {
            let names = self.modes.iter().copied().map(crate::protocol::mode_name);
            words.push(format!("--modes {}", names.collect::<Vec<_>>().join(",")));
        }
        if self.quick {
            words.push("--quick".to_owned());
        }
        words.extend(self.budget.map(|minutes| format!("--budget {minutes}")));
        words.join(" ")
    }
}

/// `lab protocol`.
pub(super) fn say_protocol() -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &Spoken::here())?;
    writeln!(out)?;
    Ok(out.flush()?)
}

pub(super) fn run(house: &House, arguments: &Arguments) -> Result<(), Failure> {
    let wanted = match arguments.cases.as_slice() {
        [] => cells::usual(),
        names => cases::select(names)?,
    };
    let base = Source::of(&house.workspace, &arguments.base)?;
    let head = match &arguments.head {
        Some(name) => Source::of(&house.workspace, name)?,
        None => Source::work_tree(&house.workspace),
    };
    let engines = engines(house, arguments, &base, &head)?;
    let targets = cells::targets(&wanted, &engines, &arguments.modes, arguments.quick);
    let interrupted = Arc::new(AtomicBool::new(false));
    crate::signals::heed(&interrupted)?;

    let cache = Cache::open(cache_folder()?)?;
    let recipe = Recipe::usual();
    let built = |source: &Source| -> Result<Built, Failure> {
        cache
            .build(&house.workspace, source, &recipe, &interrupted)?
            .ok_or_else(interruption)
    };
    let (base_built, head_built) = (built(&base)?, built(&head)?);
    let arms = arms(&cache, &base_built, &head_built, &interrupted)?;
    let revision = |source: &Source, built: &Built| Revision {
        name: source.name(),
        commit: source.commit().to_owned(),
        dirty: source.dirty(),
        program: built.digest.clone(),
    };
    let (base, head) = (revision(&base, &base_built), revision(&head, &head_built));
    let report = judge(house, arguments, (base, head), &arms, &targets)?;
    if arguments.json {
        super::print_json(std::slice::from_ref(&report))?;
    } else {
        print(&report)?;
    }
    conclude(&report)
}

/// The engines that were asked for; else the default one, and those whose own file head changed.
fn engines(
    house: &House,
    arguments: &Arguments,
    base: &Source,
    head: &Source,
) -> Result<Vec<Info>, Failure> {
    let built = goish_engines::built();
    if !arguments.engines.is_empty() {
        let names = super::run::engines(&arguments.engines)?;
        return Ok(built
            .into_iter()
            .filter(|engine| names.contains(&engine.name))
            .collect());
    }
    let changed = head.changed_since(&house.workspace, base, "engines/src");
    let touched = |engine: &Info| {
        let file = format!("engines/src/{}", engine.name.replace('-', "_"));
        changed.iter().any(|path| {
            path.strip_prefix(&file)
                .is_some_and(|rest| rest.starts_with(['.', '/']))
        })
    };
    Ok(built
        .into_iter()
        .filter(|engine| engine.name == DefaultEngine::INFO.name || touched(engine))
        .collect())
}

/// Where builds are kept: beside the profile that this program was built with.
fn cache_folder() -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("GOISH_LAB_GATE_CACHE") {
        return Ok(folder.into());
    }
    let criterion = crate::criterion_output::target_folder()
        .map_err(|error| Failure::Other(format!("this program cannot find itself: {error}")))?;
    Ok(criterion.join("lab-gate"))
}

/// Copies the programs to three places whose names are of one length (the length of a program's name
/// moves its stack), and asks what they speak.
fn arms(
    cache: &Cache,
    base: &Built,
    head: &Built,
    interrupted: &Arc<AtomicBool>,
) -> Result<Arms, Failure> {
    let arm = |name: &str, side: &str, built: &Built| -> Result<Program, Failure> {
        let place = cache.arms().join(name).join("lab");
        build::copy(&built.program, &place)?;
        Program::ask(place, side, interrupted)?.ok_or_else(interruption)
    };
    Ok(Arms {
        base_one: arm("base-1", "base", base)?,
        base_two: arm("base-2", "base", base)?,
        head: arm("head-1", "head", head)?,
    })
}

/// Samples, counts, and puts together what both say.
fn judge(
    house: &House,
    arguments: &Arguments,
    (base, head): (Revision, Revision),
    arms: &Arms,
    targets: &[Target],
) -> Result<GateReport, Failure> {
    let mut notes = Vec::new();
    let (there, vanished) = present(arms, targets, &mut notes);
    let id = fresh_id(house.store.root(), &head.commit);
    let header = GateHeader {
        schema: SCHEMA,
        seed: seed(&id),
        id,
        started_at: timestamp(),
        command: arguments.command(),
        base,
        head,
        machine: super::machine::detect(),
        budget_seconds: arguments.budget().as_secs_f64(),
        rules: Rules::of(there.len()),
    };
    let mut writer = GateWriter::create(house.store.root(), &header)?;
    let Sampled {
        cases,
        samples,
        took,
        interrupted,
    } = sampling::sample(&there, arms, &header, &mut writer)?;
    let mut report = GateReport {
        header,
        ended_at: timestamp(),
        seconds: took.as_secs_f64(),
        samples,
        cases,
        counts: Counts {
            not_run: Vec::new(),
            counts: Vec::new(),
        },
        notes,
        interrupted,
    };
    report.cases.extend(vanished);
    writer.report(&report)?;
    Ok(report)
}

/// Tells the targets that both sides have from those that head lacks. What base lacks is new, and
/// there is nothing to compare it with.
fn present(
    arms: &Arms,
    targets: &[Target],
    notes: &mut Vec<String>,
) -> (Vec<Target>, Vec<CaseReport>) {
    let (mut there, mut vanished) = (Vec::new(), Vec::new());
    for target in targets {
        match (arms.base_one.has(target), arms.head.has(target)) {
            (true, true) => there.push(target.clone()),
            (true, false) => vanished.push(CaseReport::of(
                target.cell.clone(),
                target.headline(),
                Finding::without_samples(Reason::Vanished),
            )),
            (false, true) => notes.push(format!(
                "{} {} on {} is new in head: there is nothing to compare it with",
                target.cell.case, target.cell.param, target.cell.engine
            )),
            (false, false) => {}
        }
    }
    (there, vanished)
}

/// What the coins are drawn from: the gate's name, so that it can be drawn again.
fn seed(id: &str) -> u64 {
    let mut digest = goish_results::digest::Digest::new();
    digest.add(id.as_bytes());
    u64::from_str_radix(&digest.hex(), 16).unwrap_or_default()
}

fn print(report: &GateReport) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    for case in &report.cases {
        let finding = &case.finding;
        let interval = finding.ratio.map_or_else(String::new, |ratio| {
            format!("{:.3} ({:.3} to {:.3})", ratio.median, ratio.lo, ratio.hi)
        });
        let blocks = finding.discovery_blocks + finding.confirmation_blocks;
        writeln!(
            out,
            "{} {} {}: {:?} {interval} [{blocks}] {}",
            case.cell.case, case.cell.param, case.cell.engine, finding.verdict, case.sentence
        )?;
    }
    Ok(out.flush()?)
}

fn conclude(report: &GateReport) -> Result<(), Failure> {
    match report.conclusion() {
        Conclusion::Passed => Ok(()),
        Conclusion::Regression => Err(Failure::Regression("something became worse".to_owned())),
        Conclusion::Ambiguous => Err(Failure::Ambiguous("something cannot be said".to_owned())),
        Conclusion::Incomplete => Err(Failure::Incomplete(
            "not everything was measured".to_owned(),
        )),
    }
}

fn interruption() -> Failure {
    Failure::Incomplete("interrupted before the first sample; nothing was measured".to_owned())
}
