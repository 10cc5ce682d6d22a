//! What a self-test tries, how often, and what the gate decided.

use std::path::Path;

use goish_results::gate::Verdict;
use goish_results::gate::record::GateReport;
use goish_results::store::write_atomically;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::gate::cells;

/// One thing that is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
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
pub(super) const WANTED: [(Kind, usize); 10] = [
    (Kind::Bytes, 1),
    (Kind::Removed, 1),
    (Kind::Checksum, 1),
    (Kind::Broken, 1),
    (Kind::Slow(10), 12),
    (Kind::Slow(5), 20),
    (Kind::Identical, 6),
    (Kind::Slow(25), 4),
    (Kind::Slow(3), 8),
    (Kind::Layout, 1),
];

/// One decision of the gate, on one case.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Decision {
    pub(super) kind: Kind,
    /// Which of the gates of this kind.
    pub(super) turn: usize,
    pub(super) what: String,
    pub(super) verdict: Verdict,
    pub(super) sentence: String,
    pub(super) ratio: Option<f64>,
    pub(super) lo: Option<f64>,
    pub(super) hi: Option<f64>,
    pub(super) detectable: Option<f64>,
    pub(super) null: Option<f64>,
    pub(super) blocks: usize,
    pub(super) seconds: f64,
    pub(super) exit_code: u8,
}

/// The gate that has been taken the smallest part of what is wanted of it.
pub(super) fn next(decisions: &[Decision]) -> Option<(Kind, usize)> {
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

/// What is tried, in words.
pub(super) fn describe(kind: Kind) -> String {
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

/// What a gate decided.
pub(super) fn decisions(kind: Kind, turn: usize, report: &GateReport) -> Vec<Decision> {
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

/// The decisions that there are.
pub(super) fn load(log: &Path) -> Result<Vec<Decision>, Failure> {
    let text = match std::fs::read_to_string(log) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(log, &error)),
    };
    text.lines()
        .map(|line| serde_json::from_str(line).map_err(|error| unusable(log, &error)))
        .collect()
}

/// Keeps the decisions, in place of those that there were.
pub(super) fn save(log: &Path, decisions: &[Decision]) -> Result<(), Failure> {
    let mut lines = Vec::new();
    for decision in decisions {
        serde_json::to_writer(&mut lines, decision)?;
        lines.push(b'\n');
    }
    Ok(write_atomically(log, &lines)?)
}

fn unusable(log: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::Other(format!("{} cannot be used: {error}", log.display()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A decision that says nothing.
    pub(in super::super) fn decision(kind: Kind, turn: usize) -> Decision {
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
}
