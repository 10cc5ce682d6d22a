//! What a run says: for every cell and metric the median, its interval, and the ratio to the best
//! engine; or why there is none.
//!
//! Nothing that was planned is left out. A cell without a row is `missing`, a cell with a sample
//! that failed has no median (a median of the survivors would flatter it) and says so, and derived
//! figures take over the status of what they are derived from.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::record::{Mode, RuntimeFigures};
use crate::store::Run;

mod cells;
mod growth;
pub(crate) mod order;
mod ratios;
mod words;

/// One cell and metric of a run, as `lab rank --json` prints it.
///
/// Every number is finite. What there is no number for is `null`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The case's fixed name.
    pub case: String,
    /// The case's parameter, or empty. Growth carries the range that it is taken over, for example
    /// `n=1000..1000000`.
    pub param: String,
    /// Raw or goish.
    pub mode: Mode,
    /// The engine's name.
    pub engine: String,
    /// What was measured. Empty for a cell of an unknown case that never gave a figure.
    pub metric: String,
    /// The metric's unit.
    pub unit: String,
    /// The median of the samples. `None` unless the status is [`Status::Ok`].
    pub median: Option<f64>,
    /// The lower end of the median's 95 % interval.
    pub lo: Option<f64>,
    /// The upper end of the median's 95 % interval. With one sample both ends are that sample, and
    /// say nothing; see [`crate::statistics`] for what few samples can say.
    pub hi: Option<f64>,
    /// How many times worse than the best engine of the same case, parameter, mode and metric: 1
    /// for the best itself, which is the one with the best median. The median of the ratios of
    /// samples with the same number, so for a close second it can lie a little below 1. `None`
    /// unless the status is [`Status::Ok`], the best is above zero, and there are such samples.
    pub ratio_to_best: Option<f64>,
    /// The lower end of the ratio's 95 % interval.
    pub ratio_lo: Option<f64>,
    /// The upper end of the ratio's 95 % interval.
    pub ratio_hi: Option<f64>,
    /// How many samples were recorded, however they ended.
    pub samples: usize,
    /// How many samples were planned.
    pub planned: usize,
    /// How the cell ended: the worst that any of its samples came to.
    pub status: Status,
    /// Why, as one sentence, unless the status is [`Status::Ok`].
    pub reason: Option<String>,
    /// What a reader must know to compare it.
    pub note: Option<String>,
    /// For a sample that did not finish: how many operations were done. That of the sample that
    /// got furthest.
    pub delivered: Option<u64>,
    /// For a sample that did not finish: how many operations it should have done.
    pub expected: Option<u64>,
    /// The crate behind the engine and its version.
    pub engine_version: String,
    /// How many of the values lie outside Tukey's fences. They are counted here, and in
    /// everything else.
    pub outliers: usize,
    /// Whether this is its case's headline metric.
    pub headline: bool,
    /// The value of each sample that gave one, by the samples' numbers.
    pub values: Vec<f64>,
    /// tokio's own figures, the median of each over the samples that gave them.
    pub runtime: Option<RuntimeFigures>,
}

/// How a cell ended, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every sample that was recorded delivered what it should.
    Ok,
    /// It was planned, and no sample was recorded; or those that were gave no such figure.
    Missing,
    /// The engine says that it cannot do this.
    Refused,
    /// A sample did not finish inside its deadline.
    Dnf,
    /// A sample failed.
    Error,
}

impl Status {
    /// The word that stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Missing => "missing",
            Status::Refused => "refused",
            Status::Dnf => "dnf",
            Status::Error => "error",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// A summary together with its samples by their numbers, which ratios are paired by.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) summary: Summary,
    /// The number of each of the summary's values.
    pub(crate) numbers: Vec<u32>,
}

impl Line {
    /// The values of the samples that both have, in the same order.
    pub(crate) fn paired_with(&self, other: &Line) -> (Vec<f64>, Vec<f64>) {
        let own = self.numbers.iter().zip(&self.summary.values);
        own.filter_map(|(number, value)| {
            let place = other.numbers.iter().position(|other| other == number)?;
            Some((*value, other.summary.values[place]))
        })
        .unzip()
    }
}

/// Summarises a run: one summary for each metric of each cell that was planned or recorded, and the
/// derived ones.
///
/// Derived is `growth` of `fan-in`, in `x`: how many times a message costs at the largest n that
/// was planned what it costs at n = 1000.
///
/// The order is that of the cases in the design, then the parameter (numbers as numbers), the mode,
/// the engine, and the metric with the headline first.
pub fn summarise(run: &Run) -> Vec<Summary> {
    lines(run).into_iter().map(|line| line.summary).collect()
}

/// The same, with the samples' numbers.
pub(crate) fn lines(run: &Run) -> Vec<Line> {
    let cells = cells::collect(run);
    let mut lines = cells::summarise(&cells, run);
    lines.extend(growth::derive(&lines));
    ratios::fill(&mut lines);
    order::sort(&mut lines);
    lines
}
