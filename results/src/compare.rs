//! Two runs, or two engines of one run, case by case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::machine::Difference;
use crate::record::Mode;
use crate::statistics::{Ratio, independent_ratio, paired_ratio};
use crate::store::Run;
use crate::summary::{Line, Status, Summary, lines, order};

/// Why two things are not compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// The runs were taken on different machines.
    #[error("the runs `{left}` and `{right}` were taken on different machines ({}), and machines are not mixed unless asked; `--across-machines` compares them all the same", listed(.differences))]
    DifferentMachines {
        /// The one run.
        left: String,
        /// The other.
        right: String,
        /// The components in which their machines differ.
        differences: Vec<Difference>,
    },
    /// The run has nothing of this engine.
    #[error("the run `{run}` has nothing of the engine `{engine}`; it has {}", .known.join(", "))]
    UnknownEngine {
        /// The run.
        run: String,
        /// The engine that was asked for.
        engine: String,
        /// The engines that the run has.
        known: Vec<String>,
    },
}

/// Two sides, case by case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The name of the left side: a run or an engine.
    pub left: String,
    /// The name of the right side.
    pub right: String,
    /// The components in which the two sides' machines differ; empty on one machine.
    pub differences: Vec<Difference>,
    /// Whether ratios are of samples that were taken next to each other (two engines of one run)
    /// or of medians of independent samples (two runs).
    pub paired: bool,
    /// What a reader must be told, one sentence each: that one run was cut down and the other was
    /// not, and what the store had to say when it read them.
    pub warnings: Vec<String>,
    /// One for each case, parameter, mode, engine and metric that either side has, in the order of
    /// [`summarise`](crate::summary::summarise).
    pub lines: Vec<Compared>,
}

/// One metric of one case, on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What the left side says; `None` when it has nothing of this.
    pub left: Option<Summary>,
    /// What the right side says; `None` when it has nothing of this.
    pub right: Option<Summary>,
    /// How many times the right side's value is the left side's.
    pub ratio: Option<Ratio>,
    /// What that means.
    pub verdict: Verdict,
}

/// What a ratio means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The right side is better: the whole interval of the ratio says so.
    Better,
    /// The right side is worse: the whole interval of the ratio says so.
    Worse,
    /// The interval of the ratio holds 1: these samples do not tell the sides apart.
    Undecided,
    /// One side has no figure.
    Incomplete,
}

/// One side of one line, flat, as `lab cmp --json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// `left` or `right`.
    pub side: String,
    /// The run or the engine that this side is.
    pub of: String,
    /// How many times the right side's value is the left side's.
    pub ratio_of_sides: Option<f64>,
    /// The lower end of the ratio's 95 % interval.
    pub ratio_of_sides_lo: Option<f64>,
    /// The upper end of the ratio's 95 % interval.
    pub ratio_of_sides_hi: Option<f64>,
    /// What that means for the right side.
    pub verdict: Verdict,
    /// What this side says. Its ratio to the best is that within its own run.
    #[serde(flatten)]
    pub summary: Summary,
}

impl Comparison {
    /// Both sides of every line, one after the other.
    pub fn sides(&self) -> Vec<Side> {
        self.lines
            .iter()
            .flat_map(|line| {
                let sides = [
                    ("left", &self.left, &line.left),
                    ("right", &self.right, &line.right),
                ];
                sides.into_iter().filter_map(|(side, of, summary)| {
                    Some(Side {
                        side: side.to_owned(),
                        of: of.clone(),
                        ratio_of_sides: line.ratio.map(|ratio| ratio.median),
                        ratio_of_sides_lo: line.ratio.map(|ratio| ratio.lo),
                        ratio_of_sides_hi: line.ratio.map(|ratio| ratio.hi),
                        verdict: line.verdict,
                        summary: summary.clone()?,
                    })
                })
            })
            .collect()
    }
}

impl Compared {
    /// What either side says: the case, parameter, mode and metric are the same on both.
    fn either(&self) -> Option<&Summary> {
        self.left.as_ref().or(self.right.as_ref())
    }
}

/// Compares two runs. Their samples were not taken next to each other, so ratios are of medians,
/// and their intervals are wider than those within one run.
///
/// # Errors
///
/// [`CompareError::DifferentMachines`] unless `across_machines`.
pub fn runs(left: &Run, right: &Run, across_machines: bool) -> Result<Comparison, CompareError> {
    let differences = left.header.machine.differences(&right.header.machine);
    if !differences.is_empty() && !across_machines {
        return Err(CompareError::DifferentMachines {
            left: left.header.id.clone(),
            right: right.header.id.clone(),
            differences,
        });
    }
    Ok(Comparison {
        left: left.header.id.clone(),
        right: right.header.id.clone(),
        differences,
        paired: false,
        warnings: warnings(left, right),
        lines: match_up(lines(left), lines(right), true, |left, right| {
            independent_ratio(&right.summary.values, &left.summary.values)
        }),
    })
}

/// Compares two engines of one run, by the ratios of samples that were taken next to each other.
///
/// # Errors
///
/// [`CompareError::UnknownEngine`] when the run neither planned nor recorded one of them.
pub fn engines(run: &Run, left: &str, right: &str) -> Result<Comparison, CompareError> {
    let all = lines(run);
    let of = |engine: &str| -> Result<Vec<Line>, CompareError> {
        let own: Vec<Line> = all
            .iter()
            .filter(|line| line.summary.engine == engine)
            .cloned()
            .collect();
        if own.is_empty() {
            return Err(CompareError::UnknownEngine {
                run: run.header.id.clone(),
                engine: engine.to_owned(),
                known: known_engines(&all),
            });
        }
        Ok(own)
    };
    Ok(Comparison {
        left: left.to_owned(),
        right: right.to_owned(),
        differences: Vec::new(),
        paired: true,
        warnings: run.warnings.clone(),
        lines: match_up(of(left)?, of(right)?, false, |left, right| {
            let (right, left) = right.paired_with(left);
            paired_ratio(&right, &left)
        }),
    })
}

/// What must be told of two runs.
fn warnings(left: &Run, right: &Run) -> Vec<String> {
    let mut warnings = Vec::new();
    if left.header.quick != right.header.quick {
        let (quick, full) = if left.header.quick {
            (left, right)
        } else {
            (right, left)
        };
        warnings.push(format!(
            "the run `{}` was quick and `{}` was not: their workloads differ in size",
            quick.header.id, full.header.id
        ));
    }
    for run in [left, right] {
        if let Some(scale) = run.header.scale() {
            warnings.push(format!(
                "every count of the run `{}` was divided by {scale}: it is no real measurement",
                run.header.id
            ));
        }
    }
    warnings.extend(left.warnings.iter().chain(&right.warnings).cloned());
    warnings
}

/// What the two sides of a line have in common: case, parameter, mode, metric, unit, and the engine
/// where runs are compared.
type Key = (String, String, Mode, String, String, Option<String>);

/// Puts the lines of the two sides next to each other, in the order of every table.
fn match_up(
    left: Vec<Line>,
    right: Vec<Line>,
    by_engine: bool,
    ratio: impl Fn(&Line, &Line) -> Option<Ratio>,
) -> Vec<Compared> {
    let key = |line: &Line| -> Key {
        let summary = &line.summary;
        (
            summary.case.clone(),
            summary.param.clone(),
            summary.mode,
            summary.metric.clone(),
            summary.unit.clone(),
            by_engine.then(|| summary.engine.clone()),
        )
    };
    let mut right: BTreeMap<Key, Line> = right.into_iter().map(|line| (key(&line), line)).collect();
    let mut compared: Vec<Compared> = left
        .into_iter()
        .map(|left| {
            let right = right.remove(&key(&left));
            compare(Some(left), right, &ratio)
        })
        .collect();
    compared.extend(
        right
            .into_values()
            .map(|right| compare(None, Some(right), &ratio)),
    );
    compared.sort_by(|one, other| match (one.either(), other.either()) {
        (Some(one), Some(other)) => order::compare(one, other),
        _ => std::cmp::Ordering::Equal,
    });
    compared
}

/// One line of a comparison.
fn compare(
    left: Option<Line>,
    right: Option<Line>,
    ratio: impl Fn(&Line, &Line) -> Option<Ratio>,
) -> Compared {
    let ratio = match (&left, &right) {
        (Some(left), Some(right))
            if left.summary.status == Status::Ok && right.summary.status == Status::Ok =>
        {
            ratio(left, right)
        }
        _ => None,
    };
    let metric = left
        .as_ref()
        .or(right.as_ref())
        .map(|line| line.summary.metric.as_str());
    let verdict = verdict(ratio, metric.is_some_and(catalogue::larger_is_better));
    Compared {
        left: left.map(|line| line.summary),
        right: right.map(|line| line.summary),
        ratio,
        verdict,
    }
}

/// What a ratio of right to left says of the right side.
fn verdict(ratio: Option<Ratio>, larger_is_better: bool) -> Verdict {
    match ratio {
        None => Verdict::Incomplete,
        Some(ratio) if ratio.lo > 1.0 && larger_is_better => Verdict::Better,
        Some(ratio) if ratio.lo > 1.0 => Verdict::Worse,
        Some(ratio) if ratio.hi < 1.0 && larger_is_better => Verdict::Worse,
        Some(ratio) if ratio.hi < 1.0 => Verdict::Better,
        Some(_) => Verdict::Undecided,
    }
}

/// The engines of a run by name.
fn known_engines(lines: &[Line]) -> Vec<String> {
    let names: std::collections::BTreeSet<&str> = lines
        .iter()
        .map(|line| line.summary.engine.as_str())
        .collect();
    names.into_iter().map(|name| format!("`{name}`")).collect()
}

/// Differences between machines, in words.
fn listed(differences: &[Difference]) -> String {
    let words: Vec<String> = differences
        .iter()
        .map(|difference| {
            format!(
                "{}: {} and {}",
                difference.component, difference.left, difference.right
            )
        })
        .collect();
    words.join("; ")
}
