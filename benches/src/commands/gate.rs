//! `lab gate`: whether a change made something slower or fatter.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use goish_engines::{DefaultEngine, Engine, Info};
use goish_results::blessed::{self, Blessing};
use goish_results::gate::Verdict;
use goish_results::gate::record::{Conclusion, GateReport, Revision};
use goish_results::record::Mode;

use super::House;
use crate::cases;
use crate::console::note;
use crate::failure::Failure;
use crate::gate::build::{Built, Cache, Recipe};
use crate::gate::cells;
use crate::gate::judge::{self, Plan, interruption};
use crate::gate::program::Spoken;
use crate::gate::revision::Source;
use crate::gate::sampling::Arms;
use crate::protocol::mode_name;
use crate::table;

mod self_test;

/// Say whether a change made something slower or fatter
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Arguments {
    /// The revision to compare with
    #[arg(long, value_name = "REV", required_unless_present = "self_test")]
    base: Option<String>,
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
    /// Minutes that sampling may take [default: 9, with --quick 2.4]
    #[arg(long, value_name = "MIN", value_parser = minutes)]
    budget: Option<f64>,
    /// Print one JSON array with one object instead of a table
    #[arg(long)]
    json: bool,
    /// Measure the gate itself, on injected changes; completes an earlier self-test of this commit
    #[arg(long, conflicts_with_all = ["base", "head", "cases", "engines", "modes", "quick", "json"])]
    self_test: bool,
}

fn minutes(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(minutes) if (0.01..=1_440.0).contains(&minutes) => Ok(minutes),
        _ => Err("a budget is a number of minutes, from 0.01 to 1440".to_owned()),
    }
}

impl Arguments {
    fn budget_seconds(&self) -> f64 {
        let usual = if self.quick { 2.4 } else { 9.0 };
        60.0 * self.budget.unwrap_or(usual)
    }

    /// As a reader would type it.
    fn command(&self) -> String {
        let mut words = vec!["cargo lab gate".to_owned()];
        words.extend(self.base.iter().map(|base| format!("--base {base}")));
        words.extend(self.head.iter().map(|head| format!("--head {head}")));
        for (flag, names) in [("--cases", &self.cases), ("--engines", &self.engines)] {
            if !names.is_empty() {
                words.push(format!("{flag} {}", names.join(",")));
            }
        }
        if self.modes != [Mode::Goish] {
            let names = self.modes.iter().copied().map(mode_name);
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
    let Some(base) = &arguments.base else {
        return self_test::run(house, arguments.budget);
    };
    let wanted = match arguments.cases.as_slice() {
        [] => cells::usual(),
        names => cases::select(names)?,
    };
    let base = Source::of(&house.workspace, base)?;
    let head = match &arguments.head {
        Some(name) => Source::of(&house.workspace, name)?,
        None => Source::work_tree(&house.workspace),
    };
    let engines = engines(house, arguments, &base, &head)?;
    let targets = cells::targets(&wanted, &engines, &arguments.modes, arguments.quick);
    if targets.is_empty() {
        return Err(Failure::Usage(
            "none of these cases can be gated on these engines: the largest take too long to be sampled hundreds of times"
                .to_owned(),
        ));
    }
    let blessings = (blessings(house, &base)?, blessings(house, &head)?);
    let interrupted = Arc::new(AtomicBool::new(false));
    crate::signals::heed(&interrupted)?;

    let cache = Cache::open(cache_folder()?)?;
    let recipe = Recipe::usual();
    let built = |source: &Source| -> Result<Built, Failure> {
        cache
            .build(&house.workspace, source, &recipe, &interrupted)?
            .ok_or_else(interruption)
    };
    // A work tree without changes is its commit: one build serves both sides.
    let base_built = built(if head.is_exactly(&base) { &head } else { &base })?;
    let head_built = built(&head)?;
    let arms = Arms::of_programs(
        &cache.arms(),
        &base_built.program,
        &head_built.program,
        &interrupted,
    )?;
    let plan = Plan {
        root: house.store.root(),
        command: arguments.command(),
        base: revision(&base, &base_built),
        head: revision(&head, &head_built),
        machine: super::machine::detect(),
        budget_seconds: arguments.budget_seconds(),
        among: 0,
        counts: true,
        blessings,
        scratch: cache.arms(),
    };
    let (report, folder) = judge::judge(plan, &arms, &targets, &interrupted)?;
    tell_github(&folder)?;
    if arguments.json {
        super::print_json(std::slice::from_ref(&report))?;
    } else {
        print(house, &report, &folder)?;
    }
    conclude(&report)
}

fn revision(source: &Source, built: &Built) -> Revision {
    Revision {
        name: source.name(),
        commit: source.commit().to_owned(),
        dirty: source.dirty(),
        program: built.digest.clone(),
    }
}

/// What a revision accepts.
fn blessings(house: &House, source: &Source) -> Result<Vec<Blessing>, Failure> {
    const FILE: &str = "results/blessed.jsonl";
    let text = source.file(&house.workspace, FILE).unwrap_or_default();
    Ok(blessed::parse(&text, Path::new(FILE))?)
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
    let target = crate::criterion_output::target_folder()
        .map_err(|error| Failure::Other(format!("this program cannot find itself: {error}")))?;
    Ok(target.join("lab-gate"))
}

/// Adds the summary to the step's, where GitHub runs this.
fn tell_github(folder: &Path) -> Result<(), Failure> {
    let Some(file) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|file| !file.is_empty()) else {
        return Ok(());
    };
    let failed = |error: std::io::Error| {
        let shown = Path::new(&file).display();
        Failure::Other(format!(
            "the step's summary {shown} cannot be written: {error}"
        ))
    };
    let summary = std::fs::read(folder.join("summary.md")).map_err(failed)?;
    let mut step = OpenOptions::new()
        .append(true)
        .create(true)
        .open(&file)
        .map_err(failed)?;
    step.write_all(&summary).map_err(failed)
}

fn print(house: &House, report: &GateReport, folder: &Path) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let heading = [
        "verdict",
        "case",
        "param",
        "mode",
        "engine",
        "head / base",
        "95 % interval",
        "blocks",
        "why",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    for case in &report.cases {
        let finding = &case.finding;
        let dash = || "-".to_owned();
        rows.push(vec![
            verdict(finding.verdict, case.accepted.is_some()),
            case.cell.case.clone(),
            case.cell.param.clone(),
            mode_name(case.cell.mode).to_owned(),
            case.cell.engine.clone(),
            finding
                .ratio
                .map_or_else(dash, |ratio| format!("{:.3}", ratio.median)),
            finding
                .ratio
                .map_or_else(dash, |ratio| format!("{:.3} to {:.3}", ratio.lo, ratio.hi)),
            (finding.discovery_blocks + finding.confirmation_blocks).to_string(),
            case.sentence.clone(),
        ]);
    }
    table::write(&mut out, &rows)?;
    writeln!(out)?;
    let mut rows = vec![
        [
            "counted", "case", "param", "mode", "engine", "what", "base", "head",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let value =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"));
    for count in &report.counts.counts {
        rows.push(vec![
            match count.verdict {
                Verdict::Slower => "more".to_owned(),
                Verdict::Faster => "fewer".to_owned(),
                other => verdict(other, false),
            },
            count.cell.case.clone(),
            count.cell.param.clone(),
            mode_name(count.cell.mode).to_owned(),
            count.cell.engine.clone(),
            count.metric.clone(),
            value(count.base),
            value(count.head),
        ]);
    }
    if rows.len() > 1 {
        table::write(&mut out, &rows)?;
    }
    for sentence in &report.counts.not_run {
        writeln!(out, "not run: {sentence}")?;
    }
    for sentence in &report.notes {
        writeln!(out, "note: {sentence}")?;
    }
    writeln!(out, "summary: {}", house.shown(&folder.join("summary.md")))?;
    Ok(out.flush()?)
}

fn verdict(verdict: Verdict, accepted: bool) -> String {
    let word = format!("{verdict:?}").to_lowercase();
    if accepted {
        format!("{word}, accepted")
    } else {
        word
    }
}

/// The exit code, and the sentence that goes with it.
fn conclude(report: &GateReport) -> Result<(), Failure> {
    let cases = report.cases.iter();
    let named = |wanted: &dyn Fn(&goish_results::gate::record::CaseReport) -> bool| {
        let names: Vec<String> = cases
            .clone()
            .filter(|case| wanted(case))
            .map(|case| crate::gate::cells::name(&case.cell))
            .collect();
        names.join(", ")
    };
    match report.conclusion() {
        Conclusion::Passed => {
            note("nothing became slower or fatter");
            Ok(())
        }
        Conclusion::Regression => {
            let slower =
                named(&|case| case.finding.verdict == Verdict::Slower && case.accepted.is_none());
            let more: Vec<String> = report
                .counts
                .counts
                .iter()
                .filter(|count| count.verdict == Verdict::Slower && count.accepted.is_none())
                .map(|count| format!("{} of {}", count.metric, cells::name(&count.cell)))
                .collect();
            let mut parts = Vec::new();
            if !slower.is_empty() {
                parts.push(format!("slower: {slower}"));
            }
            if !more.is_empty() {
                parts.push(format!("more: {}", more.join(", ")));
            }
            Err(Failure::Regression(parts.join("; ")))
        }
        Conclusion::Ambiguous => Err(Failure::Ambiguous(format!(
            "nothing is known to be slower, but it cannot be said of {}; a longer --budget or a quieter machine tells more",
            named(&|case| matches!(case.finding.verdict, Verdict::Ambiguous | Verdict::Invalid))
        ))),
        Conclusion::Incomplete if report.interrupted => Err(Failure::Incomplete(
            "interrupted; every sample so far is kept, and judged above".to_owned(),
        )),
        Conclusion::Incomplete => {
            let mut parts: Vec<String> = report
                .cases
                .iter()
                .filter(|case| !case.finding.is_measured())
                .map(|case| format!("{} ({})", cells::name(&case.cell), case.sentence))
                .collect();
            let counts = report.counts.counts.iter();
            parts.extend(
                counts
                    .filter(|count| count.verdict == Verdict::Invalid)
                    .map(|count| {
                        format!(
                            "{} of {} ({})",
                            count.metric,
                            cells::name(&count.cell),
                            count.sentence
                        )
                    }),
            );
            let what = match parts.as_slice() {
                [] => "nothing was measured".to_owned(),
                parts => format!("not everything was measured: {}", parts.join("; ")),
            };
            Err(Failure::Incomplete(what))
        }
    }
}
