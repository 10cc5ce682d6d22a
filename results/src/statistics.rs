//! Medians, their intervals, ratios of paired samples, and outliers.
//!
//! # What is computed, and where it comes from
//!
//! The figure that is quoted is the **median**, because the samples of a benchmark on a shared
//! machine have a heavy right tail. Its uncertainty is given by the **percentile bootstrap**: the
//! samples are drawn again with replacement, many times, each time the median is taken, and the
//! interval is the middle part of those medians. The method is that of B. Efron and
//! R. J. Tibshirani, *An Introduction to the Bootstrap*, Chapman & Hall, 1993, chapter 13. Their
//! bias-corrected and accelerated interval (chapter 14) is not used: its acceleration is estimated
//! with the jackknife, which fails for the median (chapter 11), because the median is not a smooth
//! function of the data.
//!
//! The percentile interval is too narrow for few samples: with seven, its middle 95 % hold the true
//! median in only 87.5 % of cases. So the tails that are cut off are made smaller, as
//! T. C. Hesterberg proposes (*What Teachers Should Know About the Bootstrap*, The American
//! Statistician 69(4), 2015, the *expanded percentile interval*): instead of 2.5 % at each end
//! Φ(−√(n/(n−1)) · t) is cut off, where t is the 97.5 % quantile of Student's distribution with
//! n − 1 degrees of freedom. At 7 samples that is 0.4 %, at 20 it is 1.6 %, at 1,000 it is 2.5 %.
//!
//! The draws come from a generator with a fixed seed, so the same samples always give the same
//! interval, and a report that is generated twice is the same report.
//!
//! # What the interval can and cannot do for few samples
//!
//! The interval never reaches beyond the smallest and the largest sample, so it cannot hold the
//! true median more often than those two do, and for *n* independent samples that is a chance of
//! 1 − 2^(1−*n*):
//!
//! | samples | at most |
//! |---|---|
//! | 1 | 0 %: the interval is the sample itself and says nothing |
//! | 2 | 50 % |
//! | 3 | 75 % |
//! | 4 | 87.5 % |
//! | 5 | 93.75 % |
//! | 6 | 96.9 % |
//!
//! Fewer than six samples cannot give a 95 % interval without assuming a shape for the
//! distribution, and nothing here assumes one: below six, read the interval as the range that was
//! seen. From six samples on it holds the true median in 94 to 99 % of cases, whatever the shape;
//! the tests simulate normal, heavy-tailed and bimodal data and check that. What no interval of
//! this kind shows is an error that all samples share, such as a machine that was slow for the
//! whole run; that is what interleaving and [`paired_ratio`] are for.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::statistics::{Data, OrderStatistics};

/// How often the samples are drawn again. Percentiles of a median take only as many values as
/// there are samples (and their midpoints), so more draws than this change nothing that is shown.
const DRAWS: usize = 2_000;

/// The generator's seed: arbitrary, and never to be changed, since recorded reports depend on it.
const SEED: u64 = 0x676f_6973_682d_6c61;

/// The share of the bootstrap medians that is cut off at each end, of many samples: 95 % remain.
const TAIL: f64 = 0.025;

/// How far beyond the quartiles, in interquartile ranges, Tukey puts his fences.
const FENCE: f64 = 1.5;

/// Quartiles of fewer samples than this are the samples themselves, and fences around them mean
/// nothing.
const FEWEST_FOR_FENCES: usize = 5;

/// A 95 % interval, in the unit of what it encloses.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub lo: f64,
    /// The upper end, never below the lower one.
    pub hi: f64,
}

/// How many times one thing is the other: the median of paired ratios and its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The median of the ratios.
    pub median: f64,
    /// The lower end of its interval.
    pub lo: f64,
    /// The upper end of its interval.
    pub hi: f64,
}

/// The median, or the mean of the middle two for an even count.
///
/// `None` when there are no samples or one of them is not a finite number, and when the mean of the
/// middle two is beyond what a number can hold.
pub fn median(samples: &[f64]) -> Option<f64> {
    let middle = all_finite(samples).then(|| Data::new(samples.to_vec()).median())?;
    middle.is_finite().then_some(middle)
}

/// The 95 % percentile-bootstrap interval of the median: see the module for the method and for what
/// it is worth with few samples.
///
/// One sample gives an interval of no width, which says nothing about its uncertainty. `None` when
/// there are no samples or one of them is not a finite number.
pub fn bootstrap_median(samples: &[f64]) -> Option<Interval> {
    if !all_finite(samples) {
        return None;
    }
    let mut generator = fastrand::Rng::with_seed(SEED);
    let mut drawn = vec![0.0; samples.len()];
    let medians: Vec<f64> = (0..DRAWS)
        .map(|_| {
            draw(&mut generator, samples, &mut drawn);
            Data::new(&mut drawn[..]).median()
        })
        .collect();
    middle_of(medians, tail(samples.len()))
}

/// How many times `samples` is `base`, sample by sample: the two are paired by their place, and
/// what runs past the shorter one is left out.
///
/// Paired samples were taken next to each other, so what slowed the machine slowed both, and their
/// ratio is steadier than the ratio of two medians. `None` when there is no pair, or when a pair
/// has no finite ratio (a base of zero or below).
pub fn paired_ratio(samples: &[f64], base: &[f64]) -> Option<Ratio> {
    let ratios: Option<Vec<f64>> = samples
        .iter()
        .zip(base)
        .map(|(sample, base)| ratio(*sample, *base))
        .collect();
    let ratios = ratios?;
    let interval = bootstrap_median(&ratios)?;
    Some(Ratio {
        median: median(&ratios)?,
        lo: interval.lo,
        hi: interval.hi,
    })
}

/// How many times the median of `samples` is the median of `base`, for samples that were not taken
/// in pairs, such as those of two runs: both sides are drawn again independently.
///
/// `None` when either side is empty, or when no finite ratio can be formed (a base of zero or
/// below).
pub fn independent_ratio(samples: &[f64], base: &[f64]) -> Option<Ratio> {
    if base.iter().any(|value| *value <= 0.0) {
        return None;
    }
    let middle = ratio(median(samples)?, median(base)?)?;
    let mut generator = fastrand::Rng::with_seed(SEED);
    let (mut left, mut right) = (vec![0.0; samples.len()], vec![0.0; base.len()]);
    let ratios: Option<Vec<f64>> = (0..DRAWS)
        .map(|_| {
            draw(&mut generator, samples, &mut left);
            draw(&mut generator, base, &mut right);
            ratio(
                Data::new(&mut left[..]).median(),
                Data::new(&mut right[..]).median(),
            )
        })
        .collect();
    let interval = middle_of(ratios?, tail(samples.len().min(base.len())))?;
    Some(Ratio {
        median: middle,
        lo: interval.lo,
        hi: interval.hi,
    })
}

/// The places of the samples outside Tukey's fences, one and a half interquartile ranges beyond the
/// quartiles (J. W. Tukey, *Exploratory Data Analysis*, 1977).
///
/// An outlier is marked for the reader and stays in every figure: nothing in this crate drops one.
/// Fewer than five samples, or samples that are not all finite numbers, have no outliers.
pub fn outliers(samples: &[f64]) -> Vec<usize> {
    if samples.len() < FEWEST_FOR_FENCES || !all_finite(samples) {
        return Vec::new();
    }
    let mut data = Data::new(samples.to_vec());
    let (lower, upper) = (data.lower_quartile(), data.upper_quartile());
    let reach = FENCE * (upper - lower);
    let inside = lower - reach..=upper + reach;
    (0..samples.len())
        .filter(|place| !inside.contains(&samples[*place]))
        .collect()
}

/// Whether there is at least one sample and every one is a finite number.
fn all_finite(samples: &[f64]) -> bool {
    !samples.is_empty() && samples.iter().all(|value| value.is_finite())
}

/// The ratio of two values, where it means something.
fn ratio(value: f64, base: f64) -> Option<f64> {
    let ratio = value / base;
    (base > 0.0 && base.is_finite() && ratio.is_finite()).then_some(ratio)
}

/// Fills `drawn` with samples drawn with replacement.
fn draw(generator: &mut fastrand::Rng, samples: &[f64], drawn: &mut [f64]) {
    for slot in drawn {
        *slot = samples[generator.usize(..samples.len())];
    }
}

/// The share of the bootstrap's medians to cut off at each end for this many samples: see the
/// module. One sample has no spread to speak of, and the answer does not matter.
fn tail(samples: usize) -> f64 {
    let degrees = samples.saturating_sub(1) as f64;
    let (Ok(student), normal) = (StudentsT::new(0.0, 1.0, degrees), Normal::standard()) else {
        return TAIL;
    };
    let widening = ((degrees + 1.0) / degrees).sqrt();
    normal.cdf(widening * student.inverse_cdf(TAIL))
}

/// The bootstrap's values without the tails, where that is an interval of numbers.
fn middle_of(values: Vec<f64>, tail: f64) -> Option<Interval> {
    let mut values = Data::new(values);
    let (lo, hi) = (values.quantile(tail), values.quantile(1.0 - tail));
    (lo.is_finite() && hi.is_finite()).then_some(Interval { lo, hi })
}
