//! The logarithmic axis of every chart here: its range, its ticks, and what cannot stand on it.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::coord::types::RangedCoordf64;

/// Values outside of this are treated as off the axis: they are not measurements of anything here.
const SMALLEST: f64 = 1e-12;
const LARGEST: f64 = 1e18;

/// At most so many ticks on one axis.
const MOST_TICKS: i32 = 7;

/// A logarithmic range with its ticks. Places on it are decimal logarithms.
#[derive(Clone, Debug)]
pub(crate) struct LogAxis {
    /// Lower end, as a place.
    pub(crate) low: f64,
    /// Upper end, as a place.
    pub(crate) high: f64,
    /// The values that are labelled.
    pub(crate) ticks: Vec<f64>,
}

/// The place of a value on a logarithmic axis; `None` when it has none there (zero, negative, not
/// finite).
pub(crate) fn place(value: f64) -> Option<f64> {
    (SMALLEST..=LARGEST).contains(&value).then(|| value.log10())
}

impl LogAxis {
    /// The axis that shows all of these values. Those without a place are left out; without any
    /// value it spans one decade.
    pub(crate) fn covering(values: impl IntoIterator<Item = f64>) -> LogAxis {
        let places: Vec<f64> = values.into_iter().filter_map(place).collect();
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if places.is_empty() {
            return decades(0, 1, 1);
        }
        if high - low <= 1.5 {
            return fine(low, high);
        }
        let (first, last) = (low.floor() as i32, high.ceil() as i32);
        decades(first, last, (last - first).div_euclid(MOST_TICKS) + 1)
    }

    /// The coordinate that plotters draws with: grid lines at the ticks.
    pub(crate) fn coordinate(&self) -> Ruled {
        let places = self.ticks.iter().map(|tick| tick.log10()).collect();
        ruled(self.low, self.high, places)
    }
}

/// A linear coordinate whose grid lines are given: plotters draws them where they are asked for, and
/// nowhere else.
pub(crate) struct Ruled {
    places: RangedCoordf64,
    lines: Vec<f64>,
}

/// A linear coordinate from `low` to `high` with grid lines at `lines`.
pub(crate) fn ruled(low: f64, high: f64, lines: Vec<f64>) -> Ruled {
    Ruled {
        places: (low..high).into(),
        lines,
    }
}

impl Ranged for Ruled {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.places.map(value, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() {
            Vec::new()
        } else {
            self.lines.clone()
        }
    }

    fn range(&self) -> Range<f64> {
        self.places.range()
    }
}

fn decades(first: i32, last: i32, step: i32) -> LogAxis {
    let last = last.max(first + 1);
    let ticks = (first..=last)
        .step_by(step.unsigned_abs() as usize)
        .map(|exponent| 10_f64.powi(exponent))
        .collect();
    LogAxis {
        low: f64::from(first),
        high: f64::from(last),
        ticks,
    }
}

/// Little more than a decade: ticks at 1, 2 and 5.
fn fine(low: f64, high: f64) -> LogAxis {
    // A value that is a tick itself must not lose it to rounding.
    const SLACK: f64 = 1e-9;
    let first = low.floor() as i32;
    let candidates: Vec<f64> = (first - 1..=first + 3)
        .flat_map(|exponent| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(exponent)))
        .collect();
    let below = candidates
        .iter()
        .rposition(|tick| tick.log10() <= low + SLACK)
        .unwrap_or(0);
    let above = candidates
        .iter()
        .position(|tick| tick.log10() >= high - SLACK)
        .unwrap_or(candidates.len() - 1)
        .max(below + 1);
    let ticks: Vec<f64> = candidates[below..=above].to_vec();
    LogAxis {
        low: ticks[0].log10(),
        high: ticks[ticks.len() - 1].log10(),
        ticks,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_orders_of_magnitude_get_few_ticks() {
        let axis = LogAxis::covering([0.5, 3e8]);
        assert!(axis.ticks.len() <= 8, "{:?}", axis.ticks);
        assert!(axis.low <= 0.5_f64.log10() && axis.high >= 3e8_f64.log10());
    }

    #[test]
    fn one_value_gets_a_range_around_it() {
        for value in [1.0, 100.0, 152.0, 1e18, 1e-12, 999.9] {
            let axis = LogAxis::covering([value]);
            assert!(axis.low < axis.high, "{axis:?}");
            assert!(axis.low <= value.log10() + 1e-9 && value.log10() - 1e-9 <= axis.high);
            assert!(axis.ticks.len() >= 2);
        }
    }

    #[test]
    fn what_has_no_logarithm_is_left_out() {
        let axis = LogAxis::covering([0.0, -1.0, f64::NAN, f64::INFINITY]);
        assert_eq!((axis.low, axis.high), (0.0, 1.0));
        assert_eq!(place(0.0), None);
    }
}
