//! `lab gate --self-test`: how often the gate is right, measured on changes that are known.
//!
//! Head is this commit, built with code that a normal build does not contain
//! ([`injection`](crate::injection)), and base is the normal build. Another process loads one core
//! half of the time meanwhile. Every decision is kept in `gates/self-test-<commit>.jsonl` as soon as
//! it is made, so a self-test that was cut off goes on where it was.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use goish_engines::{DefaultEngine, Engine};
use goish_results::gate::Verdict;
use goish_results::gate::record::{GateReport, Revision};
use goish_results::record::Mode;
use serde::{Deserialize, Serialize};

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

/// One thing that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// (a) Base against a copy of itself, all quick cases.
    Identical,
    /// The same source with the injection compiled in and switched off: another layout.
    Layout,
    /// (b) A share of one case's time, in percent.
    Slow(u32),
    /// (c) Bytes with every channel.
    Bytes,
    /// (d) A case that head does not have.
    Removed,
    /// (e) A head that does not build.
    Broken,
    /// (f) A workload that delivers a wrong checksum.
    Checksum,
}

/// How often each is tried. The list is gone through again and again, so that a self-test that is
/// cut off has some of everything.
const WANTED: [(Kind, usize); 10] = [
    (Kind::Bytes, 1),
    (Kind::Removed, 1),
    (Kind::Checksum, 1),
    (Kind::Broken, 1),
    (Kind::Slow(10), 12),
    (Kind::Slow(5), 20),
    (Kind::Identical, 6),
    (Kind::Slow(25), 6),
    (Kind::Slow(3), 12),
    (Kind::Layout, 2),
];

/// One decision of the gate, on one case.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Decision {
    kind: Kind,
    /// Which of the gates of this kind.
    turn: usize,
    what: String,
    verdict: Verdict,
    sentence: String,
    ratio: Option<f64>,
    lo: Option<f64>,
    hi: Option<f64>,
    detectable: Option<f64>,
    null: Option<f64>,
    blocks: usize,
    seconds: f64,
    exit_code: u8,
}

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
        append(&log, &made)?;
        decisions.extend(made);
    }
    drop(load);
    print(&decisions)?;
    match next(&decisions) {
        None => Ok(()),
        Some(_) => Err(Failure::Incomplete(format!(
            "the self-test is not complete; the same command goes on ({} decisions are in {})",
            decisions.len(),
            log.display()
        ))),
    }
}

/// The gate that has been taken the smallest part of what is wanted of it.
fn next(decisions: &[Decision]) -> Option<(Kind, usize)> {
    let taken = |kind: Kind| {
        let turns = decisions.iter().filter(|made| made.kind == kind);
        turns.map(|made| made.turn + 1).max().unwrap_or(0)
    };
    let open = WANTED
        .iter()
        .filter(|(kind, wanted)| taken(*kind) < *wanted);
    let share = |(kind, wanted): &(Kind, usize)| taken(*kind) as f64 / *wanted as f64;
    open.min_by(|left, right| share(left).total_cmp(&share(right)))
        .map(|(kind, _)| (*kind, taken(*kind)))
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

/// What a gate decided.
fn decisions(kind: Kind, turn: usize, report: &GateReport) -> Vec<Decision> {
    let exit_code = report.conclusion().exit_code();
    let cases = report.cases.iter().map(|case| Decision {
        kind,
        turn,
        what: cells::name(&case.cell),
        verdict: case.finding.verdict,
        sentence: case.sentence.clone(),
        ratio: case.finding.ratio.map(|ratio| ratio.median),
        lo: case.finding.ratio.map(|ratio| ratio.lo),
        hi: case.finding.ratio.map(|ratio| ratio.hi),
        detectable: case.finding.detectable,
        null: case.finding.null.map(|null| null.ratio.median),
        blocks: case.finding.discovery_blocks + case.finding.confirmation_blocks,
        seconds: report.seconds,
        exit_code,
    });
    let counts = report.counts.counts.iter().map(|count| Decision {
        kind,
        turn,
        what: format!("{} of {}", count.metric, cells::name(&count.cell)),
        verdict: count.verdict,
        sentence: count.sentence.clone(),
        ratio: count.base.zip(count.head).map(|(base, head)| head / base),
        lo: None,
        hi: None,
        detectable: None,
        null: None,
        blocks: 0,
        seconds: report.seconds,
        exit_code,
    });
    cases.chain(counts).collect()
}

fn load(log: &Path) -> Result<Vec<Decision>, Failure> {
    let text = match std::fs::read_to_string(log) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(log, &error)),
    };
    // A last line that was cut off is a gate that will be taken again.
    Ok(text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect())
}

/// Adds the decisions of one gate in one write.
fn append(log: &PathBuf, decisions: &[Decision]) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for decision in decisions {
        serde_json::to_writer(&mut lines, decision)?;
        lines.push(b'\n');
    }
    let failed = |error: std::io::Error| unusable(log, &error);
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut file = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(log)
        .map_err(failed)?;
    file.write_all(&lines)
        .and_then(|()| file.sync_data())
        .map_err(failed)
}

fn unusable(log: &Path, error: &std::io::Error) -> Failure {
    Failure::Other(format!("{} cannot be used: {error}", log.display()))
}

fn describe(kind: Kind) -> String {
    match kind {
        Kind::Identical => "identical code".to_owned(),
        Kind::Layout => "the same source, another layout".to_owned(),
        Kind::Slow(percent) => format!("one case slower by {percent} %"),
        Kind::Bytes => "16 bytes more per channel".to_owned(),
        Kind::Removed => "a case removed".to_owned(),
        Kind::Broken => "a head that does not build".to_owned(),
        Kind::Checksum => "a wrong checksum".to_owned(),
    }
}

/// What must come out, and whether it did; `None` while there is nothing to hold against it.
fn aim(kind: Kind, made: &[&Decision]) -> (&'static str, Option<bool>) {
    let count = |verdict| made.iter().filter(|one| one.verdict == verdict).count();
    let all = made.len();
    let caught = count(Verdict::Slower);
    // Caught where it was slowed, or honestly not known.
    let honest = caught + count(Verdict::Ambiguous);
    let same_in_vain = made
        .iter()
        .filter(|one| one.verdict == Verdict::Same && one.hi.is_none_or(|hi| hi >= 1.03))
        .count();
    let (aim, met) = match kind {
        Kind::Identical | Kind::Layout => ("at most 1 false \"slower\" in 50", caught * 50 <= all),
        Kind::Slow(3) => (
            "never \"same\" unless the interval excludes 3 %",
            same_in_vain == 0,
        ),
        Kind::Slow(5) => (
            "19 in 20 slower, or ambiguous with the reason",
            honest * 20 >= all * 19,
        ),
        Kind::Slow(_) => ("always slower", caught == all),
        Kind::Bytes => (
            "more heap per channel, exit code 3",
            made.iter()
                .any(|one| one.what.starts_with("heap") && one.verdict == Verdict::Slower)
                && made.iter().all(|one| one.exit_code == 3),
        ),
        Kind::Removed | Kind::Broken | Kind::Checksum => {
            ("exit code 5", made.iter().all(|one| one.exit_code == 5))
        }
    };
    (aim, (all > 0).then_some(met))
}

fn print(decisions: &[Decision]) -> Result<(), Failure> {
    let mut kinds: BTreeMap<Kind, Vec<&Decision>> = BTreeMap::new();
    for decision in decisions {
        kinds.entry(decision.kind).or_default().push(decision);
    }
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "| what | decisions | slower | ambiguous | same | faster | invalid | aim | met |\n|---|--:|--:|--:|--:|--:|--:|---|---|"
    )?;
    for (kind, made) in &kinds {
        let count = |verdict| made.iter().filter(|one| one.verdict == verdict).count();
        let (aim, met) = aim(*kind, made);
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {aim} | {} |",
            describe(*kind),
            made.len(),
            count(Verdict::Slower),
            count(Verdict::Ambiguous),
            count(Verdict::Same),
            count(Verdict::Faster),
            count(Verdict::Invalid),
            met.map_or("–", |met| if met { "yes" } else { "no" }),
        )?;
    }
    Ok(out.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(kind: Kind, turn: usize) -> Decision {
        Decision {
            kind,
            turn,
            what: String::new(),
            verdict: Verdict::Same,
            sentence: String::new(),
            ratio: None,
            lo: None,
            hi: None,
            detectable: None,
            null: None,
            blocks: 0,
            seconds: 0.0,
            exit_code: 0,
        }
    }

    #[test]
    fn everything_is_tried_as_often_as_wanted_and_then_it_ends() {
        let mut decisions = Vec::new();
        while let Some((kind, turn)) = next(&decisions) {
            decisions.push(decision(kind, turn));
            assert!(decisions.len() < 1_000);
        }
        for (kind, wanted) in WANTED {
            let made = decisions.iter().filter(|made| made.kind == kind).count();
            assert_eq!(made, wanted, "{kind:?}");
        }
    }

    #[test]
    fn the_aims_can_be_missed() {
        let with = |kind, verdict, hi| Decision {
            verdict,
            hi,
            ..decision(kind, 0)
        };
        let met = |one: Decision| aim(one.kind, &[&one]).1;
        assert_eq!(
            met(with(Kind::Identical, Verdict::Slower, None)),
            Some(false)
        );
        assert_eq!(
            met(with(Kind::Identical, Verdict::Ambiguous, None)),
            Some(true)
        );
        assert_eq!(
            met(with(Kind::Slow(10), Verdict::Ambiguous, None)),
            Some(false)
        );
        assert_eq!(met(with(Kind::Slow(5), Verdict::Same, None)), Some(false));
        assert_eq!(
            met(with(Kind::Slow(3), Verdict::Same, Some(1.04))),
            Some(false)
        );
        assert_eq!(
            met(with(Kind::Slow(3), Verdict::Same, Some(1.02))),
            Some(true)
        );
        assert_eq!(met(decision(Kind::Removed, 0)), Some(false));
    }
}
