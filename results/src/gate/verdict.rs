//! What a gate says of one case, and why.

use serde::{Deserialize, Serialize};

use crate::statistics::Ratio;

/// What became of a case from base to head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No change beyond the floors, with the interval to say so.
    Same,
    /// Better, beyond the floors, significant and confirmed.
    Faster,
    /// Worse, beyond the floors, significant and confirmed.
    Slower,
    /// The samples do not tell.
    Ambiguous,
    /// The samples must not be relied on, or there are none.
    Invalid,
}

/// Why a verdict is what it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// The whole interval lies within the floors.
    WithinFloors,
    /// Significant, beyond the floors, and found again in the second group.
    Confirmed,
    /// Significant and beyond the floors in the first group, and not found again in the second.
    NotConfirmed,
    /// Significant and beyond the floors, and sampling ended before the second group was whole.
    ConfirmationCutShort,
    /// Significantly different, and the interval does not say whether beyond the floors.
    AtTheFloor,
    /// The interval holds both no change and one beyond the floors.
    TooWide,
    /// Too few blocks for any interval.
    TooFew,
    /// Base differs from base: whatever made it so is in head's ratio, too.
    BaseDiffersFromBase,
    /// Base has the case and head does not.
    Vanished,
    /// A sample of head failed.
    HeadFailed {
        /// The sample's own words.
        why: String,
    },
    /// A sample of base failed.
    BaseFailed {
        /// The sample's own words.
        why: String,
    },
    /// Sampling was stopped before the first block.
    NotReached,
}

/// A test of one contrast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NullControl {
    /// How many times the second is the first, with the interval at the same level as the case's.
    pub ratio: Ratio,
    /// The chance of as much in either direction, if there were nothing.
    pub p: f64,
}

/// Everything that a gate knows of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: Reason,
    /// How many times head is base, of all blocks, with the repeated 95 % interval. `None` where
    /// there are too few blocks for one.
    pub ratio: Option<Ratio>,
    /// The chance of as much in either direction in the first group, if head were base.
    pub p: Option<f64>,
    /// Base's value, the mean over the blocks by logarithms.
    pub base: Option<f64>,
    /// Head's value.
    pub head: Option<f64>,
    /// The smallest ratio above 1 that this many blocks find significant nine times in ten.
    pub detectable: Option<f64>,
    /// Base against base, on the same schedule.
    pub null: Option<NullControl>,
    /// The second group alone, where there is one.
    pub confirmation: Option<NullControl>,
    /// Blocks of the first group.
    pub discovery_blocks: usize,
    /// Blocks of the second group.
    pub confirmation_blocks: usize,
    /// The smallest ratio above 1 that is beyond the floors.
    pub floor: Option<f64>,
}

impl Finding {
    /// A case that there are no samples of, or none that count.
    pub fn without_samples(reason: Reason) -> Finding {
        Finding {
            verdict: Verdict::Invalid,
            reason,
            ratio: None,
            p: None,
            base: None,
            head: None,
            detectable: None,
            null: None,
            confirmation: None,
            discovery_blocks: 0,
            confirmation_blocks: 0,
            floor: None,
        }
    }

    /// Whether the case was measured at all.
    pub fn is_measured(&self) -> bool {
        !matches!(
            self.reason,
            Reason::Vanished
                | Reason::HeadFailed { .. }
                | Reason::BaseFailed { .. }
                | Reason::NotReached
        )
    }

    /// The reason as a sentence without its full stop, for a reader of a table.
    pub fn sentence(&self) -> String {
        let floor = self.floor.map_or_else(String::new, percent);
        match &self.reason {
            Reason::WithinFloors => format!("any change is smaller than {floor}"),
            Reason::Confirmed => match &self.confirmation {
                Some(again) => format!(
                    "found, and found again in a second group ({})",
                    change(again.ratio.median)
                ),
                None => "found, and found again in a second group".to_owned(),
            },
            Reason::NotConfirmed => match &self.confirmation {
                Some(again) => format!(
                    "found, and not found again in a second group ({} to {})",
                    change(again.ratio.lo),
                    change(again.ratio.hi)
                ),
                None => "found, and not found again in a second group".to_owned(),
            },
            Reason::ConfirmationCutShort => {
                "found, and the time ended before a second group could confirm it".to_owned()
            }
            Reason::AtTheFloor => {
                format!("there is a change, and it may be smaller or larger than {floor}")
            }
            Reason::TooWide => match self.detectable {
                Some(ratio) => format!(
                    "too noisy: these samples would have found {}, not less",
                    percent(ratio)
                ),
                None => "too noisy".to_owned(),
            },
            Reason::TooFew => format!(
                "the time ended after {} blocks, which is too few to say anything",
                self.discovery_blocks
            ),
            Reason::BaseDiffersFromBase => match &self.null {
                Some(null) => format!(
                    "base differs from itself ({} to {}), so head's ratio means nothing",
                    change(null.ratio.lo),
                    change(null.ratio.hi)
                ),
                None => "base differs from itself".to_owned(),
            },
            Reason::Vanished => "base has this case and head does not".to_owned(),
            Reason::HeadFailed { why } => format!("a sample of head failed: {why}"),
            Reason::BaseFailed { why } => format!("a sample of base failed: {why}"),
            Reason::NotReached => "the time ended before its first samples".to_owned(),
        }
    }
}

/// A ratio above 1 as the percentage that it adds.
fn percent(ratio: f64) -> String {
    format!("{:.1} %", (ratio - 1.0) * 100.0)
}

/// A ratio as a signed change.
fn change(ratio: f64) -> String {
    format!("{:+.1} %", (ratio - 1.0) * 100.0)
}
