//! How the cost of a message grows with the number of parked senders.

use std::collections::BTreeMap;

use super::{Line, Status, Summary};
use crate::catalogue::FAN_IN;
use crate::record::Mode;
use crate::statistics::{bootstrap_median, median, outliers};

/// The number of senders that growth is counted from.
const FROM: u64 = 1_000;

/// The growth of `fan-in` for each engine and mode: the headline's value at the largest n over that
/// at n = 1000, sample by sample. The largest n is the same for all, so that an engine that does
/// not get there is not compared at a smaller one.
pub(super) fn derive(lines: &[Line]) -> Vec<Line> {
    let fan_in = || {
        lines
            .iter()
            .filter(|line| line.summary.case == FAN_IN && line.summary.headline)
    };
    let Some(to) = fan_in().filter_map(senders).max().filter(|to| *to > FROM) else {
        return Vec::new();
    };
    let mut pairs: BTreeMap<(Mode, &str), [Option<&Line>; 2]> = BTreeMap::new();
    for line in fan_in() {
        let ends = pairs
            .entry((line.summary.mode, &line.summary.engine))
            .or_default();
        match senders(line) {
            Some(FROM) => ends[0] = Some(line),
            Some(n) if n == to => ends[1] = Some(line),
            _ => {}
        }
    }
    pairs
        .into_values()
        .filter_map(|[from, at]| Some(growth(from?, at?, to)))
        .collect()
}

/// The number of senders of a fan-in cell.
fn senders(line: &Line) -> Option<u64> {
    line.summary.param.strip_prefix("n=")?.parse().ok()
}

/// The growth between two cells of one engine and mode.
fn growth(from: &Line, at: &Line, to: u64) -> Line {
    let (numbers, values) = ratios(from, at);
    let (status, reason) = ending(from, at, to, values.is_empty());
    let middle = (status == Status::Ok).then(|| median(&values)).flatten();
    let interval = middle.and_then(|_| bootstrap_median(&values));
    let summary = Summary {
        param: format!("n={FROM}..{to}"),
        metric: "growth".to_owned(),
        unit: "x".to_owned(),
        median: middle,
        lo: interval.map(|interval| interval.lo),
        hi: interval.map(|interval| interval.hi),
        samples: from.summary.samples.min(at.summary.samples),
        planned: from.summary.planned.min(at.summary.planned),
        status,
        reason,
        outliers: outliers(&values).len(),
        headline: false,
        values,
        runtime: None,
        ..at.summary.clone()
    };
    Line { summary, numbers }
}

/// The ratio of each sample that both ends have, with its number.
fn ratios(from: &Line, at: &Line) -> (Vec<u32>, Vec<f64>) {
    let samples = at.numbers.iter().zip(&at.summary.values);
    samples
        .filter_map(|(number, value)| {
            let place = from.numbers.iter().position(|other| other == number)?;
            let ratio = value / from.summary.values[place];
            ratio.is_finite().then_some((*number, ratio))
        })
        .unzip()
}

/// The worse of the two cells' statuses, and why.
fn ending(from: &Line, at: &Line, to: u64, empty: bool) -> (Status, Option<String>) {
    let (worse, n) = if from.summary.status > at.summary.status {
        (from, FROM)
    } else {
        (at, to)
    };
    match worse.summary.status {
        Status::Ok if empty => {
            let reason = format!("no sample has a figure both at n={FROM} and at n={to}");
            (Status::Missing, Some(reason))
        }
        Status::Ok => (Status::Ok, None),
        status => {
            let why = worse
                .summary
                .reason
                .as_deref()
                .unwrap_or("it gives no reason");
            (status, Some(format!("at n={n}: {why}")))
        }
    }
}
