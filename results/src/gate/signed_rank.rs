//! Wilcoxon's signed-rank test, the estimate that belongs to it, and its interval.
//!
//! F. Wilcoxon, *Individual Comparisons by Ranking Methods*, Biometrics Bulletin 1, 1945; zeros as
//! J. W. Pratt has them (Journal of the American Statistical Association 54, 1959): they are ranked
//! with the others, and count for neither side. Up to `EXACT` values the distribution of the rank
//! sum is exact, ties included; beyond, it is the normal one with the sum's own variance.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::statistics::{Data, OrderStatistics};

use crate::statistics::Interval;

/// The most values whose distribution is counted out.
const EXACT: usize = 64;

/// Which side a test looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Values above zero.
    Above,
    /// Values below zero.
    Below,
}

/// The chance of a rank sum at least as extreme on this side, if the sign of each value were the
/// toss of a fair coin. 1 when there is no value but zero.
pub fn p_one_sided(values: &[f64], side: Side) -> f64 {
    let mut by_size: Vec<f64> = values.to_vec();
    by_size.sort_by(|left, right| left.abs().total_cmp(&right.abs()));
    let ranks = doubled_ranks(&by_size);
    let on = |value: &f64| match side {
        Side::Above => *value > 0.0,
        Side::Below => *value < 0.0,
    };
    let signed = || {
        by_size
            .iter()
            .zip(&ranks)
            .filter(|(value, _)| **value != 0.0)
    };
    let observed: u64 = signed()
        .filter(|(value, _)| on(value))
        .map(|(_, rank)| rank)
        .sum();
    let ranks: Vec<u64> = signed().map(|(_, rank)| *rank).collect();
    if ranks.is_empty() {
        return 1.0;
    }
    if ranks.len() <= EXACT {
        let chances = distribution(&ranks);
        let from = usize::try_from(observed)
            .unwrap_or(usize::MAX)
            .min(chances.len());
        return chances[from..].iter().sum::<f64>().min(1.0);
    }
    let mean = ranks.iter().sum::<u64>() as f64 / 2.0;
    let deviation = ranks
        .iter()
        .map(|rank| (*rank as f64).powi(2))
        .sum::<f64>()
        .sqrt()
        / 2.0;
    // One doubled rank is half of the distance between two sums.
    Normal::standard().sf((observed as f64 - 1.0 - mean) / deviation)
}

/// The chance of a rank sum at least as extreme on either side.
pub fn p_two_sided(values: &[f64]) -> f64 {
    let one = p_one_sided(values, Side::Above).min(p_one_sided(values, Side::Below));
    (2.0 * one).min(1.0)
}

/// The median of the means of all pairs of values, each with itself too: Hodges and Lehmann's
/// estimate of the values' centre. `None` of no value.
pub fn centre(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| Data::new(pair_means(values)).median())
}

/// The centres that a two-sided test at level `alpha` does not reject. An end is infinite where
/// there are too few values to give it.
pub fn interval(values: &[f64], alpha: f64) -> Interval {
    let mut means = pair_means(values);
    means.sort_by(f64::total_cmp);
    let cut = means_to_cut(values.len(), alpha / 2.0);
    if cut == 0 {
        return Interval {
            lo: f64::NEG_INFINITY,
            hi: f64::INFINITY,
        };
    }
    Interval {
        lo: means[cut - 1],
        hi: means[means.len() - cut],
    }
}

/// How far a normal value is from its mean with this chance on one side, in deviations.
pub(super) fn deviations(tail: f64) -> f64 {
    -Normal::standard().inverse_cdf(tail)
}

/// The largest number of rank sums, from 0 upwards, whose chances together do not exceed `tail`.
fn means_to_cut(count: usize, tail: f64) -> usize {
    let pairs = count * (count + 1) / 2;
    if count <= EXACT {
        let ranks: Vec<u64> = (1..=count as u64).collect();
        let mut sum = 0.0;
        let below = distribution(&ranks).into_iter().take_while(|chance| {
            sum += chance;
            sum <= tail
        });
        // Half of the pairs is what a tail of one half would cut.
        return below.count().min(pairs / 2);
    }
    let size = count as f64;
    let deviation = (size * (size + 1.0) * (2.0 * size + 1.0) / 24.0).sqrt();
    let cut = pairs as f64 / 2.0 - 0.5 - deviations(tail) * deviation;
    // Saturates at 0.
    (cut + 1.0).floor() as usize
}

fn pair_means(values: &[f64]) -> Vec<f64> {
    let pairs = values.iter().enumerate();
    pairs
        .flat_map(|(place, left)| {
            values[place..]
                .iter()
                .map(move |right| (left + right) / 2.0)
        })
        .collect()
}

/// Twice the ranks of values that are sorted by size, so that those of ties are whole numbers.
fn doubled_ranks(by_size: &[f64]) -> Vec<u64> {
    let mut ranks = Vec::with_capacity(by_size.len());
    let same = |left: &f64, right: &f64| left.abs() == right.abs();
    for tied in by_size.chunk_by(same) {
        let (first, last) = (ranks.len() + 1, ranks.len() + tied.len());
        ranks.extend(std::iter::repeat_n((first + last) as u64, tied.len()));
    }
    ranks
}

/// The chance of every sum of these ranks, each of which counts or not by a fair coin.
fn distribution(ranks: &[u64]) -> Vec<f64> {
    let total = usize::try_from(ranks.iter().sum::<u64>()).unwrap_or(0);
    let mut chances = vec![0.0; total + 1];
    chances[0] = 1.0;
    let mut highest = 0;
    for rank in ranks {
        let rank = usize::try_from(*rank).unwrap_or(0);
        highest += rank;
        for sum in (0..=highest).rev() {
            let with = if sum >= rank {
                chances[sum - rank]
            } else {
                0.0
            };
            chances[sum] = (chances[sum] + with) / 2.0;
        }
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chances_are_those_of_the_tables() {
        // Wilcoxon's table: of 5 values all above zero, 1/32.
        let five = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert!((p_one_sided(&five, Side::Above) - 1.0 / 32.0).abs() < 1e-12);
        assert_eq!(p_one_sided(&five, Side::Below), 1.0);
        // Of 10 values a sum of 8 or less on one side: 25 of 1024 sets of ranks.
        let ten: Vec<f64> = (1..=10)
            .map(|rank| if rank == 8 { -8.0 } else { f64::from(rank) })
            .collect();
        assert!((p_one_sided(&ten, Side::Above) - 25.0 / 1024.0).abs() < 1e-12);
        assert!((p_two_sided(&ten) - 50.0 / 1024.0).abs() < 1e-12);
    }

    #[test]
    fn ties_and_zeros_are_counted_out() {
        // Two ties above zero: sums of the doubled ranks 3 and 3 are 0, 3, 3, 6.
        assert!((p_one_sided(&[1.0, 1.0], Side::Above) - 0.25).abs() < 1e-12);
        assert!((p_one_sided(&[1.0, -1.0], Side::Above) - 0.75).abs() < 1e-12);
        // A zero counts for neither side.
        assert!((p_one_sided(&[0.0, 1.0], Side::Above) - 0.5).abs() < 1e-12);
        assert_eq!(p_two_sided(&[0.0, 0.0]), 1.0);
        assert_eq!(p_two_sided(&[]), 1.0);
    }

    #[test]
    fn beyond_what_is_counted_out_the_normal_distribution_agrees() {
        let values: Vec<f64> = (1..=64)
            .map(|rank| {
                if rank % 3 == 0 {
                    -f64::from(rank)
                } else {
                    f64::from(rank)
                }
            })
            .collect();
        let exact = p_one_sided(&values, Side::Above);
        let more: Vec<f64> = values.iter().copied().chain([64.5]).collect();
        let normal = p_one_sided(&more, Side::Above);
        assert!(normal < exact && normal > exact / 1.5, "{exact} {normal}");
    }

    #[test]
    fn the_interval_is_what_the_test_does_not_reject() {
        let values: Vec<f64> = (0..20)
            .map(|place| f64::from(place * place) / 40.0 - 2.0)
            .collect();
        let alpha = 0.05;
        let interval = interval(&values, alpha);
        let moved = |by: f64| values.iter().map(|value| value - by).collect::<Vec<_>>();
        let step = 1e-9;
        assert!(p_two_sided(&moved(interval.lo + step)) > alpha);
        assert!(p_two_sided(&moved(interval.hi - step)) > alpha);
        assert!(p_two_sided(&moved(interval.lo - step)) <= alpha);
        assert!(p_two_sided(&moved(interval.hi + step)) <= alpha);
    }

    #[test]
    fn too_few_values_have_an_interval_without_ends() {
        let interval = interval(&[1.0, 2.0, 3.0], 0.05);
        assert_eq!(
            (interval.lo, interval.hi),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
        assert_eq!(centre(&[1.0, 2.0, 3.0]), Some(2.0));
        assert_eq!(centre(&[]), None);
    }
}
