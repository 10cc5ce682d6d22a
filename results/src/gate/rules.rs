//! What a gate may spend, and below what a change is not held against anybody.

use serde::{Deserialize, Serialize};

/// How often a case is looked at, and how sure a gate must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rules {
    /// Blocks of the discovery group after which the case is looked at, rising.
    pub looks: Vec<usize>,
    /// The chance that any of all cases that did not change is found significantly different, before
    /// the confirmation.
    pub false_alarms: f64,
    /// The chance that the intervals of one case miss its ratio.
    pub missed: f64,
    /// The chance that a group of blocks confirms what is not there.
    pub confirmation: f64,
    /// How many cases are decided together.
    pub cases: usize,
}

impl Rules {
    /// The rules of a gate over this many cases.
    pub fn of(cases: usize) -> Rules {
        Rules {
            looks: vec![16, 32, 64, 128, 256],
            false_alarms: 0.05,
            missed: 0.05,
            confirmation: 0.01,
            cases: cases.max(1),
        }
    }

    /// The share of [`Rules::false_alarms`] that one look at one case may spend.
    pub(super) fn look_level(&self) -> f64 {
        self.false_alarms / self.cases as f64 / self.looks.len() as f64
    }

    /// The level of the interval at one look.
    pub(super) fn interval_level(&self) -> f64 {
        self.missed / self.looks.len() as f64
    }
}

/// The smallest change that counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Relative to base: 0.03 is three of a hundred.
    pub relative: f64,
    /// In the metric's unit.
    pub absolute: f64,
}

impl Floor {
    /// The logarithm of the smallest ratio that is beyond both floors, for a base of that value.
    pub(super) fn logarithm(self, base: f64) -> f64 {
        self.relative.max(self.absolute / base).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_larger_floor_counts() {
        let floor = Floor {
            relative: 0.03,
            absolute: 0.5,
        };
        assert!((floor.logarithm(100.0).exp() - 1.03).abs() < 1e-12);
        assert!((floor.logarithm(10.0).exp() - 1.05).abs() < 1e-12);
    }

    #[test]
    fn all_looks_at_all_cases_together_spend_what_there_is() {
        let rules = Rules::of(12);
        let spent = rules.look_level() * rules.looks.len() as f64 * 12.0;
        assert!((spent - 0.05).abs() < 1e-12);
    }
}
