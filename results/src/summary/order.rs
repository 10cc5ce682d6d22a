//! The order of every table.

use std::cmp::Ordering;

use super::{Line, Summary};
use crate::catalogue;

/// One `key=value` of a parameter, so that 1000 comes before 10000 and both before words.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Value<'text> {
    Number(u64),
    /// A range comes after the numbers that it spans.
    Range(u64, u64),
    Word(&'text str),
}

/// Sorts by case, parameter, mode, engine and metric.
pub(super) fn sort(lines: &mut [Line]) {
    // Stable, so that metrics that the catalogue does not know stay as they were recorded.
    lines.sort_by(|left, right| compare(&left.summary, &right.summary));
}

/// The order of two summaries.
pub(crate) fn compare(left: &Summary, right: &Summary) -> Ordering {
    case(left)
        .cmp(&case(right))
        .then_with(|| param(&left.param).cmp(&param(&right.param)))
        .then_with(|| left.param.cmp(&right.param))
        .then_with(|| left.mode.cmp(&right.mode))
        .then_with(|| left.engine.cmp(&right.engine))
        .then_with(|| metric(left).cmp(&metric(right)))
}

/// A case's place; those that the catalogue does not know by name.
fn case(summary: &Summary) -> (usize, &str) {
    (catalogue::place(&summary.case), &summary.case)
}

/// A parameter, piece by piece.
fn param(param: &str) -> Vec<(&str, Value<'_>)> {
    param
        .split(',')
        .filter(|piece| !piece.is_empty())
        .map(|piece| {
            let (key, text) = piece.split_once('=').unwrap_or((piece, ""));
            (key, value(text))
        })
        .collect()
}

/// A parameter's value.
fn value(text: &str) -> Value<'_> {
    if let Ok(number) = text.parse() {
        return Value::Number(number);
    }
    if let Some((low, high)) = text.split_once("..")
        && let (Ok(low), Ok(high)) = (low.parse(), high.parse())
    {
        return Value::Range(low, high);
    }
    Value::Word(text)
}

/// A metric's place within its case.
fn metric(summary: &Summary) -> (bool, usize) {
    let known = catalogue::metrics(&summary.case);
    let place = known
        .iter()
        .position(|(name, _)| *name == summary.metric)
        .unwrap_or(known.len());
    (!summary.headline, place)
}
