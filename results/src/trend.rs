//! A figure over many runs: its levels, and the steps between them.
//!
//! The levels are those of the **Potts functional**: of all ways to cut the series into pieces, the
//! one with the least sum of absolute distances to each piece's median plus a price for each cut.
//! The dynamic programme that finds it exactly is that of F. Friedrich, A. Kempe, V. Liebscher and
//! G. Winkler (*Complexity Penalized M-Estimation: Fast Computation*, Journal of Computational and
//! Graphical Statistics 17, 2008); airspeed velocity detects its steps with the same functional.
//! Distances are absolute and not squared, so that one odd run makes no step, and of logarithms, so
//! that steps are ratios.
//!
//! The price of a cut is three times the noise times the logarithm of the number of runs, as Schwarz'
//! criterion has it for errors of Laplace's distribution with two more parameters (a level and a
//! place) and a factor of three for the choice among all places. The noise is the median distance between neighbours,
//! which steps hardly touch, or what the runs' own intervals say if that is more. A level has at
//! least two runs: a single run may be the machine's bad day, and is told as soon as a second agrees.

use serde::{Deserialize, Serialize};

use crate::blessed::Blessing;
use crate::catalogue;
use crate::record::Cell;
use crate::statistics::median;
use crate::store::Run;
use crate::summary::{Status, summarise};

/// Runs that a level has at least.
const SHORTEST: usize = 2;

/// The least noise: counts that are exact have none, and still one byte of thousands is no step.
const LEAST_NOISE: f64 = 0.001;

/// Steps smaller than this are not told: they are below what a gate would hold against anybody.
const FLOOR: f64 = 0.03;

/// The same for bytes.
const FLOOR_BYTES: f64 = 0.01;

/// One run's figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The run.
    pub run: String,
    /// When it began.
    pub at: String,
    /// The commit that it measured.
    pub commit: String,
    /// The median of its samples.
    pub value: f64,
    /// The lower end of the median's interval.
    pub lo: f64,
    /// The upper end.
    pub hi: f64,
}

/// A stretch of runs with one level.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The first of its runs, as a place in the series.
    pub from: usize,
    /// The place after its last.
    pub to: usize,
    /// The median of its runs.
    pub value: f64,
}

/// From one level to the next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The first run of the new level, as a place in the series.
    pub at: usize,
    /// How many times the old level the new one is.
    pub ratio: f64,
    /// Whether that is for the worse.
    pub worse: bool,
    /// Why it is accepted, where somebody did so at or after that run.
    pub accepted: Option<String>,
}

/// One figure over the runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// What was measured.
    #[serde(flatten)]
    pub cell: Cell,
    /// For example `per-message`.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// The runs, the oldest first.
    pub points: Vec<Point>,
    /// The levels, the oldest first.
    pub levels: Vec<Level>,
    /// The steps between them that are beyond the floors.
    pub steps: Vec<Step>,
}

impl Trend {
    /// The steps for the worse that nobody accepted, since the last that somebody did: accepting
    /// resets the level.
    pub fn open(&self) -> impl Iterator<Item = &Step> {
        let reset = self.steps.iter().rposition(|step| step.accepted.is_some());
        let since = reset.map_or(0, |place| place + 1);
        self.steps[since..].iter().filter(|step| step.worse)
    }
}

/// The headline figure of every cell over these runs, which must be of one machine, oldest first.
/// Cells with a figure in fewer than two runs have no trend.
pub fn trends(runs: &[Run], blessings: &[Blessing]) -> Vec<Trend> {
    let mut trends: Vec<Trend> = Vec::new();
    for run in runs {
        for summary in summarise(run) {
            let (Status::Ok, Some(value), true) =
                (summary.status, summary.median, summary.headline)
            else {
                continue;
            };
            let cell = Cell {
                case: summary.case,
                param: summary.param,
                mode: summary.mode,
                engine: summary.engine,
            };
            let point = Point {
                run: run.header.id.clone(),
                at: run.header.started_at.clone(),
                commit: run.header.commit.clone(),
                value,
                lo: summary.lo.unwrap_or(value),
                hi: summary.hi.unwrap_or(value),
            };
            let known = trends
                .iter_mut()
                .find(|trend| trend.cell == cell && trend.metric == summary.metric);
            match known {
                Some(trend) => trend.points.push(point),
                None => trends.push(Trend {
                    cell,
                    metric: summary.metric,
                    unit: summary.unit,
                    points: vec![point],
                    levels: Vec::new(),
                    steps: Vec::new(),
                }),
            }
        }
    }
    trends.retain(|trend| {
        trend.points.len() >= 2 && trend.points.iter().all(|point| point.value > 0.0)
    });
    for trend in &mut trends {
        trend.levels = levels(&trend.points);
        trend.steps = steps(trend, blessings);
    }
    trends.sort_by_key(|trend| catalogue::place(&trend.cell.case));
    trends
}

fn steps(trend: &Trend, blessings: &[Blessing]) -> Vec<Step> {
    let floor = if trend.unit == "bytes" {
        FLOOR_BYTES
    } else {
        FLOOR
    };
    let pairs = trend.levels.windows(2);
    pairs
        .filter_map(|pair| {
            let ratio = pair[1].value / pair[0].value;
            if ratio.ln().abs() < floor.ln_1p() {
                return None;
            }
            let at = pair[1].from;
            let accepted = blessings
                .iter()
                .filter(|blessing| blessing.covers(&trend.cell, &trend.metric))
                .find(|blessing| blessing.at >= trend.points[at].at)
                .map(|blessing| blessing.why.clone());
            Some(Step {
                at,
                ratio,
                worse: (ratio > 1.0) != catalogue::larger_is_better(&trend.metric),
                accepted,
            })
        })
        .collect()
}

/// The levels of a series.
fn levels(points: &[Point]) -> Vec<Level> {
    let logarithms: Vec<f64> = points.iter().map(|point| point.value.ln()).collect();
    let ends = cut(&logarithms, price(points, &logarithms));
    let mut from = 0;
    ends.into_iter()
        .map(|to| {
            let values: Vec<f64> = points[from..to].iter().map(|point| point.value).collect();
            let level = Level {
                from,
                to,
                value: median(&values).unwrap_or_default(),
            };
            from = to;
            level
        })
        .collect()
}

/// What a cut costs: see the module.
fn price(points: &[Point], logarithms: &[f64]) -> f64 {
    // Of normal errors the median distance between two is 0.954 deviations, and their mean distance
    // from the centre 0.798.
    const NEIGHBOURS: f64 = 0.798 / 0.954;
    // A 95 % interval reaches 1.96 deviations to each side.
    const INTERVALS: f64 = 0.798 / (2.0 * 1.96);
    let neighbours: Vec<f64> = logarithms
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).abs())
        .collect();
    let widths: Vec<f64> = points
        .iter()
        .filter(|point| point.lo > 0.0)
        .map(|point| (point.hi / point.lo).ln())
        .collect();
    let noise = (NEIGHBOURS * median(&neighbours).unwrap_or_default())
        .max(INTERVALS * median(&widths).unwrap_or_default())
        .max(LEAST_NOISE);
    3.0 * noise * (points.len() as f64).ln()
}

/// Where the pieces end that cost the least.
fn cut(values: &[f64], price: f64) -> Vec<usize> {
    let count = values.len();
    // The least cost of the first so many values, and where their last piece begins.
    let mut best: Vec<(f64, usize)> = vec![(-price, 0)];
    for end in 1..=count {
        let mut found = (f64::INFINITY, 0);
        for from in 0..end {
            let short = end - from < SHORTEST || (from > 0 && from < SHORTEST);
            if short && !(from == 0 && end < SHORTEST) {
                continue;
            }
            let cost = best[from].0 + price + distance(&values[from..end]);
            if cost < found.0 {
                found = (cost, from);
            }
        }
        best.push(found);
    }
    let mut ends = Vec::new();
    let mut end = count;
    while end > 0 {
        ends.push(end);
        end = best[end].1;
    }
    ends.reverse();
    ends
}

/// The sum of the distances to the median.
fn distance(values: &[f64]) -> f64 {
    let centre = median(values).unwrap_or_default();
    values.iter().map(|value| (value - centre).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Mode;

    fn points(values: &[f64]) -> Vec<Point> {
        values
            .iter()
            .enumerate()
            .map(|(place, value)| Point {
                run: format!("run-{place}"),
                at: format!("2026-11-{:02}T00:00:00Z", place + 1),
                commit: format!("c{place}"),
                value: *value,
                lo: *value * 0.99,
                hi: *value * 1.01,
            })
            .collect()
    }

    /// Where the steps are that are beyond the floor.
    fn places(values: &[f64]) -> Vec<usize> {
        let levels = levels(&points(values));
        let steps = levels.windows(2);
        let told = steps.filter(|pair| (pair[1].value / pair[0].value).ln().abs() > FLOOR);
        told.map(|pair| pair[1].from).collect()
    }

    /// A series with normal-like noise of that size.
    fn noisy(levels: &[(usize, f64)], noise: f64, seed: u64) -> Vec<f64> {
        let mut coins = fastrand::Rng::with_seed(seed);
        let mut values = Vec::new();
        for (count, level) in levels {
            for _ in 0..*count {
                let sum: f64 = (0..12).map(|_| coins.f64()).sum::<f64>() - 6.0;
                values.push(level * (noise * sum).exp());
            }
        }
        values
    }

    #[test]
    fn a_step_is_found_where_it_is() {
        for seed in 0..50 {
            let values = noisy(&[(12, 100.0), (10, 112.0)], 0.01, seed);
            assert_eq!(places(&values), [12], "{values:?}");
        }
    }

    #[test]
    fn noise_alone_makes_no_step() {
        let wrong = (0..200).filter(|seed| !places(&noisy(&[(25, 100.0)], 0.03, *seed)).is_empty());
        assert!(wrong.count() <= 4);
    }

    #[test]
    fn one_odd_run_makes_no_step() {
        let mut values = noisy(&[(20, 100.0)], 0.01, 3);
        values[10] = 180.0;
        assert!(places(&values).is_empty(), "{values:?}");
        values[19] = 180.0;
        assert!(places(&values).is_empty(), "{values:?}");
    }

    #[test]
    fn up_and_down_again_are_two_steps() {
        let values = noisy(&[(8, 100.0), (8, 130.0), (8, 100.0)], 0.01, 5);
        assert_eq!(places(&values), [8, 16]);
    }

    #[test]
    fn accepting_resets_the_level() {
        let mut trend = Trend {
            cell: Cell {
                case: "cancel".to_owned(),
                param: String::new(),
                mode: Mode::Goish,
                engine: "native".to_owned(),
            },
            metric: "per-cancellation".to_owned(),
            unit: "ns".to_owned(),
            points: points(&noisy(&[(8, 100.0), (8, 130.0), (8, 160.0)], 0.005, 5)),
            levels: Vec::new(),
            steps: Vec::new(),
        };
        trend.levels = levels(&trend.points);
        let bless = |at: &str| Blessing {
            schema: crate::blessed::SCHEMA,
            at: at.to_owned(),
            commit: String::new(),
            case: "cancel".to_owned(),
            param: None,
            engine: None,
            mode: None,
            metric: None,
            why: "fair".to_owned(),
        };
        trend.steps = steps(&trend, &[]);
        assert_eq!(
            trend.open().map(|step| step.at).collect::<Vec<_>>(),
            [8, 16]
        );
        trend.steps = steps(&trend, &[bless("2026-11-10T00:00:00Z")]);
        assert_eq!(trend.open().map(|step| step.at).collect::<Vec<_>>(), [16]);
        trend.steps = steps(&trend, &[bless("2026-11-30T00:00:00Z")]);
        assert_eq!(trend.open().count(), 0);
    }
}
