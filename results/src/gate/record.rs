//! What a gate leaves behind: a header, a row for each sample, and a report.

use serde::{Deserialize, Serialize};

use super::{Arm, Finding, Group, Reason, Rules, Verdict};
use crate::machine::Machine;
use crate::record::{Cell, Outcome};

/// The version of the format of [`GateRow`] and [`GateReport`] that this crate writes.
pub const SCHEMA: u32 = 1;

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// As the user named it, or `work tree`.
    pub name: String,
    /// The commit; of a work tree the one that it is based on.
    pub commit: String,
    /// Whether the sources differ from that commit.
    pub dirty: bool,
    /// The digest of the program that was built of it.
    pub program: String,
}

/// What is known of a gate before its first sample. Written once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateHeader {
    /// [`SCHEMA`] at the time of writing.
    pub schema: u32,
    /// The gate's name, also that of its folder.
    pub id: String,
    /// When sampling began, RFC 3339 in UTC.
    pub started_at: String,
    /// The command, as a reader would type it.
    pub command: String,
    /// What is compared with.
    pub base: Revision,
    /// What is judged.
    pub head: Revision,
    /// Where.
    pub machine: Machine,
    /// Seconds that sampling may take.
    pub budget_seconds: f64,
    /// What the coins of the schedule are drawn from.
    pub seed: u64,
    /// How sure the gate must be.
    pub rules: Rules,
}

/// One sample of a gate, as it stands in `rows.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateRow {
    /// [`SCHEMA`] at the time of writing.
    pub schema: u32,
    /// The gate that it belongs to.
    pub gate: String,
    /// Its place in the gate, from 0.
    pub order: u64,
    /// When the sample ended, RFC 3339 in UTC.
    pub at: String,
    /// What was measured.
    #[serde(flatten)]
    pub cell: Cell,
    /// On what.
    pub arm: Arm,
    /// The group of its block.
    pub group: Group,
    /// The block within its case, from 0.
    pub block: u64,
    /// How long the child process took altogether, in ns.
    pub wall_ns: u64,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What a gate says of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseReport {
    /// What was measured.
    #[serde(flatten)]
    pub cell: Cell,
    /// The figure that is judged, for example `per-message`.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// What came of it.
    #[serde(flatten)]
    pub finding: Finding,
    /// The finding's reason as a sentence.
    pub sentence: String,
    /// Why a change for the worse is accepted, where head says so and base does not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

/// A figure that noise does not touch, of base and of head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Count {
    /// What was counted.
    #[serde(flatten)]
    pub cell: Cell,
    /// For example `instructions-per-operation`.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Base's value; `None` when base has none.
    pub base: Option<f64>,
    /// Head's value; `None` when head has none.
    pub head: Option<f64>,
    /// The smallest relative change that is one; 0 for what is counted exactly.
    pub tolerance: f64,
    /// Same, faster (fewer), slower (more), or invalid.
    pub verdict: Verdict,
    /// Why, in words.
    pub sentence: String,
    /// Why more is accepted, where head says so and base does not yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<String>,
}

impl Count {
    /// Judges two counts.
    pub fn judge(
        cell: Cell,
        (metric, unit): (&str, &str),
        tolerance: f64,
        base: Result<f64, String>,
        head: Result<f64, String>,
    ) -> Count {
        let (verdict, sentence) = match (&base, &head) {
            (Ok(base), Ok(head)) => {
                let change = head - base;
                let counts = change.abs() > tolerance * base.abs() && change.abs() > ROUNDING;
                let verdict = match counts {
                    true if change > 0.0 => Verdict::Slower,
                    true => Verdict::Faster,
                    false => Verdict::Same,
                };
                (verdict, counted(*base, *head, tolerance, counts))
            }
            (Ok(_), Err(why)) => (Verdict::Invalid, format!("head has no count: {why}")),
            (Err(why), _) => (Verdict::Invalid, format!("base has no count: {why}")),
        };
        Count {
            cell,
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            base: base.ok(),
            head: head.ok(),
            tolerance,
            verdict,
            sentence,
            accepted: None,
        }
    }
}

/// What is counted exactly and then divided by a number of operations may differ in its last digit.
const ROUNDING: f64 = 1e-6;

fn counted(base: f64, head: f64, tolerance: f64, counts: bool) -> String {
    if counts {
        let relative = match base {
            0.0 => String::new(),
            _ => format!(" ({:+.2} %)", (head / base - 1.0) * 100.0),
        };
        return format!("from {} to {}{relative}", digits(base), digits(head));
    }
    match tolerance {
        0.0 => "not one more or less".to_owned(),
        _ => format!("any change is smaller than {:.1} %", tolerance * 100.0),
    }
}

fn digits(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The tier that noise does not touch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counts {
    /// What was not counted and why, one sentence each: never silently left out.
    pub not_run: Vec<String>,
    /// What was counted.
    pub counts: Vec<Count>,
}

/// Everything that a gate says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// What was compared, where and how.
    #[serde(flatten)]
    pub header: GateHeader,
    /// When it ended, RFC 3339 in UTC.
    pub ended_at: String,
    /// Seconds that sampling took.
    pub seconds: f64,
    /// Samples that were taken.
    pub samples: u64,
    /// The cases that were sampled.
    pub cases: Vec<CaseReport>,
    /// What was counted.
    pub counts: Counts,
    /// What a reader must be told, one sentence each.
    pub notes: Vec<String>,
    /// Whether somebody stopped it before its end.
    pub interrupted: bool,
}

/// What a gate comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// Nothing became worse, and everything was measured.
    Passed,
    /// Something became worse, and nobody accepted it.
    Regression,
    /// Something cannot be said.
    Ambiguous,
    /// Nothing, or not everything, was measured.
    Incomplete,
}

impl GateReport {
    /// What the gate comes to. A regression outweighs what is missing, and what is missing outweighs
    /// what is ambiguous: the first is known, the second is likely a mistake, the third is weather.
    pub fn conclusion(&self) -> Conclusion {
        let worse = |verdict: Verdict, accepted: &Option<String>| {
            verdict == Verdict::Slower && accepted.is_none()
        };
        let cases = || self.cases.iter();
        let counts = || self.counts.counts.iter();
        if cases().any(|case| worse(case.finding.verdict, &case.accepted))
            || counts().any(|count| worse(count.verdict, &count.accepted))
        {
            Conclusion::Regression
        } else if self.interrupted
            || (self.cases.is_empty() && self.counts.counts.is_empty())
            || cases().any(|case| !case.finding.is_measured())
            || counts().any(|count| count.verdict == Verdict::Invalid)
        {
            Conclusion::Incomplete
        } else if cases()
            .any(|case| matches!(case.finding.verdict, Verdict::Ambiguous | Verdict::Invalid))
        {
            Conclusion::Ambiguous
        } else {
            Conclusion::Passed
        }
    }

    /// How many of the sampled cases have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        let cases = self.cases.iter();
        cases.filter(|case| case.finding.verdict == verdict).count()
    }
}

impl Conclusion {
    /// The exit code that says so.
    pub fn exit_code(self) -> u8 {
        match self {
            Conclusion::Passed => 0,
            Conclusion::Regression => 3,
            Conclusion::Ambiguous => 4,
            Conclusion::Incomplete => 5,
        }
    }
}

impl CaseReport {
    /// A case with its finding.
    pub fn of(cell: Cell, (metric, unit): (&str, &str), finding: Finding) -> CaseReport {
        CaseReport {
            cell,
            metric: metric.to_owned(),
            unit: unit.to_owned(),
            sentence: finding.sentence(),
            finding,
            accepted: None,
        }
    }

    /// Whether a sample of head failed, or head lacks the case.
    pub fn head_lacks(&self) -> bool {
        matches!(
            self.finding.reason,
            Reason::Vanished | Reason::HeadFailed { .. }
        )
    }
}
