//! Whether a change made something slower: schedule, test, and verdict, all of them pure functions.
//!
//! # The schedule
//!
//! A [`Block`] is eight samples of one case, taken one right after the other: four of head, and two
//! of each of two copies of base. Head and base follow each other as A B B A, twice, and so do the
//! two copies of base among themselves ([`schedule`]), so a drift that is linear over a block falls
//! on all alike. Two coins decide for each block which side takes the outer places, and which copy.
//!
//! # The test
//!
//! Of each block one number is kept, the difference of the mean logarithms of head and base: the
//! logarithm of a ratio. If head is no different, then the coin alone decided its sign. So the signs
//! are independent and fair *by construction*, whatever the noise is like: skewed, bimodal, drifting
//! or correlated from one block to the next. Wilcoxon's signed-rank test ([`signed_rank`]) of such
//! numbers is a randomisation test (R. A. Fisher, *The Design of Experiments*, 1935, section 21),
//! and exact. The ratio is Hodges and Lehmann's estimate, and its interval is the one that belongs
//! to the test (*Estimates of Location Based on Rank Tests*, Annals of Mathematical Statistics 34,
//! 1963).
//!
//! # Looking more than once
//!
//! A case is looked at after 16, 32, 64, 128 and 256 blocks ([`Rules`]), and sampling stops as soon
//! as it is decided. Looking repeatedly would inflate the false alarms, so each look may spend only
//! its share of the level: a fifth, and of that one case's share of all cases. The shares are added
//! up (Bonferroni), which holds however the looks and the cases depend on each other. The intervals
//! are *repeated confidence intervals* (C. Jennison and B. W. Turnbull, Journal of the Royal
//! Statistical Society B 51, 1989), at the same shares: all those of one case together hold the true
//! ratio with 95 %, so it does not matter which of them sampling stopped at.
//!
//! # The verdict
//!
//! [`Trial`] takes the blocks of one case one by one and says when it is decided: see there.

pub mod files;
pub mod record;
pub mod schedule;
pub mod signed_rank;

mod rules;
mod trial;
mod verdict;

pub use rules::{Floor, Rules};
pub use schedule::{Arm, Block, Order};
pub use trial::{Group, Step, Trial};
pub use verdict::{Finding, NullControl, Reason, Verdict};

/// The figure by which a case is judged, and its unit; two empty texts for a case that is not known.
pub fn headline(case: &str) -> (&'static str, &'static str) {
    crate::catalogue::metrics(case)
        .first()
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod simulations;
