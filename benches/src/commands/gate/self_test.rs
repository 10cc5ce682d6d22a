//! `lab gate --self-test`: how often the gate is right, measured on changes that are known.
//!
//! Head is this commit, built with code that a normal build does not contain
//! ([`injection`](crate::injection)), and base is the normal build. Another process loads one core
//! half of the time meanwhile. Every decision is kept in `gates/self-test-<commit>.jsonl` as soon as
//! it is made, so a self-test that was cut off goes on where it was.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use goish_engines::{DefaultEngine, Engine};
use goish_results::gate::Verdict;
use goish_results::gate::record::{GateReport, Revision};
use goish_results::record::Mode;

use super::super::House;
use super::cache_folder;
use crate::console::note;
use crate::failure::Failure;
use crate::gate::build::{Built, Cache, Recipe};
use crate::gate::cells::{self, Target};
use crate::gate::judge::{self, Plan, interruption};
use crate::gate::load::Load;
use crate::gate::revision::{Source, broken_commit, short};
use crate::gate::sampling::Arms;

mod decision;
mod table;

use decision::{Decision, Kind, decisions, describe, load, next, save};

/// Minutes that a self-test takes when nothing is said.
const MINUTES: f64 = 45.0;

/// Seconds for a gate over all the quick cases.
const ALL_SECONDS: f64 = 100.0;

/// Seconds for a gate over one case: what the others of a default gate leave to the one that is
/// unclear.
const ONE_SECONDS: f64 = 60.0;

/// The cases that are slowed, in turn: of each kind one, none by its place in the order.
const SLOWED: [&str; 6] = [
    "contended-16",
    "prod-cons-1",
    "cancel",
    "spawn-1m",
    "prod-cons-unbounded",
    "ping-pong",
];

/// Everything that the gates of a self-test need.
struct Bench<'a> {
    house: &'a House,
    cache: Cache,
    source: Source,
    plain: Built,
    injected: Built,
    targets: Vec<Target>,
    interrupted: Arc<AtomicBool>,
}

/// Runs what is left of the self-test of this commit, as far as the budget goes, and prints the
/// table of all that there is.
pub(super) fn run(house: &House, budget: Option<f64>) -> Result<(), Failure> {
    let interrupted = Arc::new(AtomicBool::new(false));
    crate::signals::heed(&interrupted)?;
    let source = Source::of(&house.workspace, "HEAD")?;
    let cache = Cache::open(cache_folder()?)?;
    let built = |recipe: &Recipe| -> Result<Built, Failure> {
        cache
            .build(&house.workspace, &source, recipe, &interrupted)?
            .ok_or_else(interruption)
    };
    let (plain, injected) = (
        built(&Recipe::usual())?,
        built(&Recipe::usual().with("gate-injection"))?,
    );
    let mut engines = goish_engines::built();
    engines.retain(|engine| engine.name == DefaultEngine::INFO.name);
    let log = house
        .store
        .root()
        .join(format!("gates/self-test-{}.jsonl", short(source.commit())));
    let bench = Bench {
        targets: cells::targets(&cells::usual(), &engines, &[Mode::Goish], true),
        house,
        cache,
        source,
        plain,
        injected,
        interrupted,
    };
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(60.0 * budget.unwrap_or(MINUTES));
    let mut decisions = load(&log)?;
    let load = Load::start().map_err(|error| Failure::Other(format!("no load: {error}")))?;
    while let Some((kind, turn)) = next(&decisions) {
        if Instant::now() + bench.seconds(kind) > end || bench.interrupted.load(Ordering::Relaxed) {
            break;
        }
        note(&format!("{} ({})", describe(kind), turn + 1));
        let made = bench.take(kind, turn)?;
        if bench.interrupted.load(Ordering::Relaxed) {
            break;
        }
        decisions.extend(made);
        save(&log, &decisions)?;
    }
    drop(load);
    table::print(&decisions)?;
    match next(&decisions) {
        None => Ok(()),
        Some(_) => Err(Failure::Incomplete(format!(
            "the self-test is not complete; the same command goes on ({} decisions are in {})",
            decisions.len(),
            log.display()
        ))),
    }
}

impl Bench<'_> {
    /// How long a gate of this kind may take.
    fn seconds(&self, kind: Kind) -> Duration {
        Duration::from_secs_f64(match kind {
            Kind::Identical | Kind::Layout => ALL_SECONDS,
            Kind::Slow(_) => ONE_SECONDS,
            Kind::Bytes | Kind::Removed | Kind::Checksum => 15.0,
            Kind::Broken => 45.0,
        })
    }

    fn take(&self, kind: Kind, turn: usize) -> Result<Vec<Decision>, Failure> {
        let injected = &self.injected.program;
        let case = SLOWED[turn % SLOWED.len()];
        let only = |name: &str| -> Vec<Target> {
            let targets = self.targets.iter();
            targets
                .filter(|target| target.case.name == name)
                .cloned()
                .collect()
        };
        let seconds = self.seconds(kind).as_secs_f64();
        let gate = |head: &Path, inject: &str, targets: &[Target], seconds, counts| {
            let report = self.gate(kind, head, inject, targets, seconds, counts)?;
            Ok::<_, Failure>(decisions(kind, turn, &report))
        };
        match kind {
            Kind::Identical => gate(&self.plain.program, "", &self.targets, seconds, false),
            Kind::Layout => gate(injected, "", &self.targets, seconds, false),
            Kind::Slow(percent) => gate(
                injected,
                &format!("slow:{case}:{percent}"),
                &only(case),
                seconds,
                false,
            ),
            Kind::Bytes => gate(injected, "bytes:16", &only("rss-100k"), 10.0, true),
            Kind::Removed => gate(injected, "remove:cancel", &only("cancel"), 10.0, false),
            Kind::Checksum => gate(
                injected,
                "checksum:prod-cons-1",
                &only("prod-cons-1"),
                10.0,
                false,
            ),
            Kind::Broken => self.broken(turn).map(|made| vec![made]),
        }
    }

    fn gate(
        &self,
        kind: Kind,
        head: &Path,
        inject: &str,
        targets: &[Target],
        seconds: f64,
        counts: bool,
    ) -> Result<GateReport, Failure> {
        let scratch = self.cache.arms();
        let mut arms = Arms::of_programs(&scratch, &self.plain.program, head, &self.interrupted)?;
        if !inject.is_empty() {
            arms.inject(inject)?;
        }
        let revision = |name: &str, program: &Built| Revision {
            name: name.to_owned(),
            commit: self.source.commit().to_owned(),
            dirty: false,
            program: program.digest.clone(),
        };
        let plan = Plan {
            root: self.house.store.root(),
            command: "cargo lab gate --self-test".to_owned(),
            base: revision("normal build", &self.plain),
            head: revision(&describe(kind), &self.injected),
            machine: super::super::machine::detect(),
            budget_seconds: seconds,
            among: self.targets.len(),
            counts,
            blessings: (Vec::new(), Vec::new()),
            scratch,
        };
        Ok(judge::judge(plan, &arms, targets, &self.interrupted)?.0)
    }

    /// Builds a commit whose sources no compiler takes.
    fn broken(&self, turn: usize) -> Result<Decision, Failure> {
        let begun = Instant::now();
        let source = broken_commit(&self.house.workspace, self.source.commit())?;
        let built = self.cache.build(
            &self.house.workspace,
            &source,
            &Recipe::usual(),
            &self.interrupted,
        );
        let (sentence, exit_code) = match built {
            Err(Failure::Incomplete(sentence)) => (sentence, 5),
            Err(other) => return Err(other),
            Ok(_) => ("it was built all the same".to_owned(), 0),
        };
        Ok(Decision {
            kind: Kind::Broken,
            turn,
            what: "build".to_owned(),
            verdict: Verdict::Invalid,
            sentence,
            ratio: None,
            lo: None,
            hi: None,
            detectable: None,
            null: None,
            blocks: 0,
            seconds: begun.elapsed().as_secs_f64(),
            exit_code,
        })
    }
}
