//! One gate from its programs to its report.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use goish_results::blessed::{self, Blessing};
use goish_results::gate::files::{GateWriter, fresh_id};
use goish_results::gate::record::{CaseReport, Counts, GateHeader, GateReport, Revision, SCHEMA};
use goish_results::gate::{Finding, Reason, Rules, Verdict};
use goish_results::machine::Machine;
use goish_results::store::timestamp;

use super::cells::Target;
use super::counting::Counter;
use super::sampling::{self, Arms, Sampled};
use crate::failure::Failure;

/// What a gate is to do.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The results' root.
    pub(crate) root: &'a Path,
    /// As a reader would type it.
    pub(crate) command: String,
    pub(crate) base: Revision,
    pub(crate) head: Revision,
    pub(crate) machine: Machine,
    /// For sampling; counting takes some seconds more.
    pub(crate) budget_seconds: f64,
    /// The cases that are decided together, where more are than are sampled here.
    pub(crate) among: usize,
    /// Whether to count, too.
    pub(crate) counts: bool,
    /// What base and what head accept.
    pub(crate) blessings: (Vec<Blessing>, Vec<Blessing>),
    /// For files that nobody needs afterwards.
    pub(crate) scratch: PathBuf,
}

/// Samples, counts, and puts together what both say. The report and the rows are in the gate's
/// folder then.
///
/// # Errors
///
/// When the programs cannot be talked to, or the folder cannot be written.
pub(crate) fn judge(
    plan: Plan<'_>,
    arms: &Arms,
    targets: &[Target],
    interrupted: &AtomicBool,
) -> Result<(GateReport, PathBuf), Failure> {
    let mut notes = Vec::new();
    let (there, vanished) = present(arms, targets, &mut notes)?;
    let id = fresh_id(plan.root, &plan.head.commit);
    let header = GateHeader {
        schema: SCHEMA,
        seed: seed(&id),
        id,
        started_at: timestamp(),
        command: plan.command,
        base: plan.base,
        head: plan.head,
        machine: plan.machine,
        budget_seconds: plan.budget_seconds,
        rules: Rules::of(there.len().max(plan.among)),
    };
    let mut writer = GateWriter::create(plan.root, &header)?;
    // What is counted takes seconds and is certain: so it comes first.
    let counts = if plan.counts {
        let counter = Counter {
            base: &arms.base_one,
            head: &arms.head,
            scratch: &plan.scratch,
            interrupted,
        };
        crate::console::note("counting");
        counter.count(&there)
    } else {
        Counts {
            not_run: vec!["nothing was counted, because it was not asked for".to_owned()],
            counts: Vec::new(),
        }
    };
    let sampled = if interrupted.load(Ordering::Relaxed) {
        Sampled::nothing()
    } else {
        sampling::sample(&there, arms, &header, &mut writer)?
    };
    let mut report = GateReport {
        header,
        ended_at: timestamp(),
        seconds: sampled.took.as_secs_f64(),
        samples: sampled.samples,
        cases: sampled.cases,
        counts,
        notes,
        interrupted: sampled.interrupted || interrupted.load(Ordering::Relaxed),
    };
    report.cases.extend(vanished);
    accept(&mut report, &plan.blessings);
    writer.report(&report)?;
    goish_dashboards::gate::write_gate(&report, writer.directory())
        .map_err(|error| Failure::Other(error.to_string()))?;
    Ok((report, writer.directory().to_owned()))
}

/// Tells the targets that both sides have from those that head lacks. What base lacks is new, and
/// there is nothing to compare it with.
fn present(
    arms: &Arms,
    targets: &[Target],
    notes: &mut Vec<String>,
) -> Result<(Vec<Target>, Vec<CaseReport>), Failure> {
    let (mut there, mut vanished) = (Vec::new(), Vec::new());
    for target in targets {
        let base = arms.base_one.has(target, "base")?;
        let head = arms.head.has(target, "head")?;
        let (Some(base), Some(head)) = (base, head) else {
            return Err(interruption());
        };
        match (base, head) {
            (true, true) => there.push(target.clone()),
            (true, false) => vanished.push(CaseReport::of(
                target.cell.clone(),
                target.headline(),
                Finding::without_samples(Reason::Vanished),
            )),
            (false, true) => notes.push(format!(
                "{} is new in head, so there is nothing to compare it with",
                target.name()
            )),
            (false, false) => {}
        }
    }
    Ok((there, vanished))
}

/// Marks what head's own change asks to be accepted.
fn accept(report: &mut GateReport, (base, head): &(Vec<Blessing>, Vec<Blessing>)) {
    let why = |cell, metric: &str| blessed::accepted(base, head, cell, metric).map(str::to_owned);
    for case in &mut report.cases {
        if case.finding.verdict == Verdict::Slower {
            case.accepted = why(&case.cell, &case.metric);
        }
    }
    for count in &mut report.counts.counts {
        if count.verdict == Verdict::Slower {
            count.accepted = why(&count.cell, &count.metric);
        }
    }
}

/// What the coins are drawn from: the gate's name, so that they can be drawn again.
fn seed(id: &str) -> u64 {
    let mut digest = goish_results::digest::Digest::new();
    digest.add(id.as_bytes());
    u64::from_str_radix(&digest.hex(), 16).unwrap_or_default()
}

pub(crate) fn interruption() -> Failure {
    Failure::Incomplete("interrupted before the first sample; nothing was measured".to_owned())
}
