//! The ratio of each engine to the best one.

use std::collections::BTreeMap;

use super::{Line, Status, Summary};
use crate::catalogue;
use crate::record::Mode;
use crate::statistics::{Ratio, paired_ratio};

/// What is compared with each other.
type Group = (String, String, Mode, String, String);

/// Fills in the ratio of every summary that has a median.
pub(super) fn fill(lines: &mut [Line]) {
    let mut groups: BTreeMap<Group, Vec<usize>> = BTreeMap::new();
    for (place, line) in lines.iter().enumerate() {
        if line.summary.status == Status::Ok && line.summary.median.is_some() {
            groups.entry(group(&line.summary)).or_default().push(place);
        }
    }
    for places in groups.values() {
        let Some(best) = best(lines, places) else {
            continue;
        };
        let best = lines[best].clone();
        for place in places {
            let ratio = times_worse(&lines[*place], &best);
            let summary = &mut lines[*place].summary;
            summary.ratio_to_best = ratio.map(|ratio| ratio.median);
            summary.ratio_lo = ratio.map(|ratio| ratio.lo);
            summary.ratio_hi = ratio.map(|ratio| ratio.hi);
        }
    }
}

/// How many times worse the one is than the other, by the samples that both have.
pub(crate) fn times_worse(line: &Line, best: &Line) -> Option<Ratio> {
    let (own, others) = line.paired_with(best);
    if catalogue::larger_is_better(&line.summary.metric) {
        paired_ratio(&others, &own)
    } else {
        paired_ratio(&own, &others)
    }
}

/// What a summary is compared within.
fn group(summary: &Summary) -> Group {
    (
        summary.case.clone(),
        summary.param.clone(),
        summary.mode,
        summary.metric.clone(),
        summary.unit.clone(),
    )
}

/// The place of the line with the best median; of equals the first.
fn best(lines: &[Line], places: &[usize]) -> Option<usize> {
    let cost = |place: usize| {
        let summary = &lines[place].summary;
        let sign = if catalogue::larger_is_better(&summary.metric) {
            -1.0
        } else {
            1.0
        };
        sign * summary.median.unwrap_or(f64::INFINITY)
    };
    places
        .iter()
        .copied()
        .min_by(|left, right| cost(*left).total_cmp(&cost(*right)))
}
