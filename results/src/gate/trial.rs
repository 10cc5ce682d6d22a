//! One case from its first block to its verdict.

use super::signed_rank::{self, Side};
use super::verdict::{Finding, NullControl, Reason, Verdict};
use super::{Block, Floor, Rules};
use crate::statistics::{Ratio, median};

/// The fewest and the most blocks of a confirmation, before it is doubled.
const CONFIRMATION: (usize, usize) = (32, 128);

/// A confirmation is looked at when it is whole, when it has doubled, and when it has doubled again.
const CONFIRMATION_LOOKS: u32 = 3;

/// What a detectable change is found with, one time in ten not.
const POWER_MISSED: f64 = 0.1;

/// Which of the two independent groups a block belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// The first, in which a change is found.
    Discovery,
    /// The second, in which it is found again or not.
    Confirmation,
}

/// What a case needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// One more block, of this group.
    Take(Group),
    /// Nothing: it is decided.
    Decided,
}

/// The blocks of one case, and what follows from them so far.
///
/// The first group is looked at after so many blocks as the [`Rules`] say. At each look:
///
/// 1. A difference that is significant at the look's share of the level, and beyond both floors by
///    its estimate, ends the group. A second, independent group is taken, as large as the first (16
///    to 64 blocks). If a one-sided test of it alone finds the same direction, and the estimate of
///    all blocks is beyond the floors, the case is *slower* or *faster*. If not, the second group is
///    doubled, and doubled again, and then the case is *ambiguous*.
/// 2. An interval that lies wholly within the floors makes the case the *same*.
/// 3. Else there are more blocks, and after the last look the case is *ambiguous*.
///
/// Whatever came of it, if base differs from base significantly and beyond the floors, the case is
/// *invalid*.
#[derive(Clone, Debug)]
pub struct Trial {
    rules: Rules,
    floor: Floor,
    discovery: Vec<Block>,
    confirmation: Vec<Block>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Discovering,
    Confirming(Side, usize),
    Decided(Verdict, Outcome),
}

/// The reasons that come of the samples.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    WithinFloors,
    Confirmed,
    NotConfirmed,
    CutShort,
    AtTheFloor,
    TooWide,
    TooFew,
}

impl Trial {
    /// A case without blocks yet.
    pub fn new(rules: Rules, floor: Floor) -> Trial {
        Trial {
            rules,
            floor,
            discovery: Vec::new(),
            confirmation: Vec::new(),
            state: State::Discovering,
        }
    }

    /// What the case needs next.
    pub fn step(&self) -> Step {
        match self.state {
            State::Discovering => Step::Take(Group::Discovery),
            State::Confirming(..) => Step::Take(Group::Confirmation),
            State::Decided(..) => Step::Decided,
        }
    }

    /// Blocks so far, of both groups.
    pub fn blocks(&self) -> usize {
        self.discovery.len() + self.confirmation.len()
    }

    /// Takes the block that [`Trial::step`] asked for. A block after the decision changes nothing.
    pub fn push(&mut self, block: Block) {
        match self.state {
            State::Discovering => {
                self.discovery.push(block);
                if self.rules.looks.contains(&self.discovery.len()) {
                    let last = self.rules.looks.last() == Some(&self.discovery.len());
                    self.look(last);
                }
            }
            State::Confirming(side, wanted) => {
                self.confirmation.push(block);
                let taken = self.confirmation.len();
                let last = wanted << (CONFIRMATION_LOOKS - 1);
                if (0..CONFIRMATION_LOOKS).any(|doubled| taken == wanted << doubled) {
                    self.look_again(side, taken == last);
                }
            }
            State::Decided(..) => {}
        }
    }

    /// The verdict, on the blocks that there are. When the case is not decided by then, this is its
    /// last look: it takes the place, and spends the share, of the next one.
    pub fn finish(mut self) -> Finding {
        if self.state == State::Discovering {
            self.look(true);
        }
        if let State::Confirming(side, _) = self.state {
            self.look_again(side, true);
            if let State::Decided(_, Outcome::NotConfirmed) = self.state {
                self.state = State::Decided(Verdict::Ambiguous, Outcome::CutShort);
            }
        }
        self.finding()
    }

    fn look(&mut self, last: bool) {
        let effects = effects(&self.discovery);
        let floor = self.floor_logarithm();
        let level = self.rules.look_level();
        let interval = signed_rank::interval(&effects, self.rules.interval_level());
        let centre = signed_rank::centre(&effects).unwrap_or(0.0);
        let significant = signed_rank::p_two_sided(&effects) <= level;
        if significant && centre.abs() >= floor {
            let side = if centre > 0.0 {
                Side::Above
            } else {
                Side::Below
            };
            let wanted = self.discovery.len().clamp(CONFIRMATION.0, CONFIRMATION.1);
            self.state = State::Confirming(side, wanted);
        } else if -floor < interval.lo && interval.hi < floor {
            self.state = State::Decided(Verdict::Same, Outcome::WithinFloors);
        } else if last {
            let outcome = if !interval.lo.is_finite() {
                Outcome::TooFew
            } else if interval.lo > 0.0 || interval.hi < 0.0 {
                Outcome::AtTheFloor
            } else {
                Outcome::TooWide
            };
            self.state = State::Decided(Verdict::Ambiguous, outcome);
        }
    }

    fn look_again(&mut self, side: Side, last: bool) {
        let again = effects(&self.confirmation);
        let level = self.rules.confirmation / f64::from(CONFIRMATION_LOOKS);
        let all = effects(&self.all());
        let centre = signed_rank::centre(&all).unwrap_or(0.0);
        let beyond = centre.abs() >= self.floor_logarithm();
        let found = signed_rank::p_one_sided(&again, side) <= level;
        let verdict = match side {
            Side::Above => Verdict::Slower,
            Side::Below => Verdict::Faster,
        };
        if found && beyond {
            self.state = State::Decided(verdict, Outcome::Confirmed);
        } else if last {
            let outcome = if found {
                Outcome::AtTheFloor
            } else {
                Outcome::NotConfirmed
            };
            self.state = State::Decided(Verdict::Ambiguous, outcome);
        }
    }

    fn all(&self) -> Vec<Block> {
        self.discovery
            .iter()
            .chain(&self.confirmation)
            .copied()
            .collect()
    }

    /// The floors as a logarithm, by base's own median.
    fn floor_logarithm(&self) -> f64 {
        let base: Vec<f64> = self.discovery.iter().map(|block| block.base).collect();
        self.floor.logarithm(median(&base).map_or(1.0, f64::exp))
    }

    fn finding(self) -> Finding {
        let State::Decided(verdict, outcome) = self.state else {
            return Finding::without_samples(Reason::NotReached);
        };
        if self.discovery.is_empty() {
            return Finding::without_samples(Reason::NotReached);
        }
        let all = self.all();
        let values = effects(&all);
        let level = self.rules.interval_level();
        let null: Vec<f64> = all.iter().map(|block| block.null).collect();
        let again = effects(&self.confirmation);
        let (verdict, reason) = if self.base_differs(&null) {
            (Verdict::Invalid, Reason::BaseDiffersFromBase)
        } else {
            (verdict, reason(outcome))
        };
        let average = |of: fn(&Block) -> f64| {
            Some((all.iter().map(of).sum::<f64>() / all.len() as f64).exp())
        };
        Finding {
            verdict,
            reason,
            ratio: ratio(&values, level),
            p: Some(signed_rank::p_two_sided(&effects(&self.discovery))),
            base: average(|block| block.base),
            head: average(|block| block.head),
            detectable: self.detectable(&values),
            null: control(&null, level),
            confirmation: control(&again, level),
            discovery_blocks: self.discovery.len(),
            confirmation_blocks: self.confirmation.len(),
            floor: Some(self.floor_logarithm().exp()),
        }
    }

    /// Whether the null control would itself have been called a change.
    fn base_differs(&self, null: &[f64]) -> bool {
        let centre = signed_rank::centre(null).unwrap_or(0.0);
        centre.abs() >= self.floor_logarithm()
            && signed_rank::p_two_sided(null) <= self.rules.look_level()
    }

    /// From the width of the interval: how far it reaches is so many deviations of the centre, and a
    /// change is found when its centre is so many deviations from none.
    fn detectable(&self, values: &[f64]) -> Option<f64> {
        let level = self.rules.interval_level();
        let interval = signed_rank::interval(values, level);
        let half = (interval.hi - interval.lo) / 2.0;
        let deviation = half / signed_rank::deviations(level / 2.0);
        let found = signed_rank::deviations(self.rules.look_level() / 2.0);
        let needed = deviation * (found + signed_rank::deviations(POWER_MISSED));
        needed
            .is_finite()
            .then(|| needed.max(self.floor_logarithm()).exp())
    }
}

fn effects(blocks: &[Block]) -> Vec<f64> {
    blocks.iter().map(|block| block.effect).collect()
}

fn control(values: &[f64], level: f64) -> Option<NullControl> {
    Some(NullControl {
        ratio: ratio(values, level)?,
        p: signed_rank::p_two_sided(values),
    })
}

/// The centre of logarithms as a ratio. `None` where its interval has no ends.
fn ratio(values: &[f64], level: f64) -> Option<Ratio> {
    let interval = signed_rank::interval(values, level);
    (interval.lo.is_finite() && interval.hi.is_finite()).then_some(Ratio {
        median: signed_rank::centre(values)?.exp(),
        lo: interval.lo.exp(),
        hi: interval.hi.exp(),
    })
}

fn reason(outcome: Outcome) -> Reason {
    match outcome {
        Outcome::WithinFloors => Reason::WithinFloors,
        Outcome::Confirmed => Reason::Confirmed,
        Outcome::NotConfirmed => Reason::NotConfirmed,
        Outcome::CutShort => Reason::ConfirmationCutShort,
        Outcome::AtTheFloor => Reason::AtTheFloor,
        Outcome::TooWide => Reason::TooWide,
        Outcome::TooFew => Reason::TooFew,
    }
}
