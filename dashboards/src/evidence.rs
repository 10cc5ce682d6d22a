//! The run as the report asks for it: a figure by its name, a ratio of paired samples, and the words
//! for a figure that is not there.

use std::collections::BTreeMap;

use goish_results::record::{Cell, Mode, Outcome};
use goish_results::statistics::{Ratio, paired_ratio};
use goish_results::store::Run;
use goish_results::summary::{Status, Summary};

use crate::format;

/// A figure by name: which metric of which case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metric<'n> {
    pub(crate) case: &'n str,
    pub(crate) param: &'n str,
    pub(crate) name: &'n str,
}

/// What the run knows of one metric of one engine in one mode.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Standing<'a> {
    /// It was measured.
    Measured { median: f64, summary: &'a Summary },
    /// It was planned, and there is no figure: the summary's status says why.
    Without(&'a Summary),
    /// The run did not plan it.
    NotPlanned,
}

impl<'a> Standing<'a> {
    /// What the run says of it, if it was planned.
    pub(crate) fn summary(self) -> Option<&'a Summary> {
        match self {
            Standing::Measured { summary, .. } | Standing::Without(summary) => Some(summary),
            Standing::NotPlanned => None,
        }
    }
}

/// Two engines' (or modes') samples set against each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Comparison {
    pub(crate) ratio: Ratio,
    /// How many pairs it was formed of.
    pub(crate) pairs: usize,
}

/// Fewer pairs than this say nothing about a ratio's spread.
pub(crate) const FEWEST_PAIRS: usize = 3;

impl Comparison {
    /// Whether the ratio is above 1 throughout its interval.
    pub(crate) fn is_above_one(&self) -> bool {
        self.pairs >= FEWEST_PAIRS && self.ratio.lo > 1.0
    }
}

/// Samples of one figure by their number.
type Samples = BTreeMap<u32, f64>;

/// Case, parameter, mode, engine and metric.
type Key<'a> = (&'a str, &'a str, Mode, &'a str, &'a str);

/// A run with its summaries, indexed.
pub(crate) struct Evidence<'a> {
    pub(crate) run: &'a Run,
    pub(crate) summaries: &'a [Summary],
    engines: Vec<String>,
    samples: BTreeMap<Key<'a>, Samples>,
}

impl<'a> Evidence<'a> {
    /// Indexes a run.
    pub(crate) fn new(run: &'a Run, summaries: &'a [Summary]) -> Evidence<'a> {
        let names = summaries
            .iter()
            .map(|summary| &summary.engine)
            .chain(run.conformance.iter().map(|tried| &tried.engine));
        let mut engines: Vec<String> = names.cloned().collect();
        engines.sort_unstable();
        engines.dedup();
        Evidence {
            run,
            summaries,
            engines,
            samples: index(run),
        }
    }

    /// The engines of the run by name; an engine's place in this list is its colour and shape.
    pub(crate) fn engines(&self) -> &[String] {
        &self.engines
    }

    /// The parameters that a case was planned with, in the order of the summaries.
    pub(crate) fn params(&self, case: &str) -> Vec<&'a str> {
        let mut params: Vec<&str> = Vec::new();
        for summary in self.summaries.iter().filter(|summary| summary.case == case) {
            if !params.contains(&summary.param.as_str()) {
                params.push(&summary.param);
            }
        }
        params
    }

    /// Whether the run planned this case at all.
    pub(crate) fn has_case(&self, case: &str) -> bool {
        self.summaries.iter().any(|summary| summary.case == case)
    }

    /// What is known of a metric of an engine in a mode.
    pub(crate) fn standing(&self, metric: Metric<'_>, mode: Mode, engine: &str) -> Standing<'a> {
        let of_cell = |summary: &&Summary| {
            summary.case == metric.case
                && summary.param == metric.param
                && summary.mode == mode
                && summary.engine == engine
        };
        let mut of_cell = self.summaries.iter().filter(of_cell).peekable();
        let first = of_cell.peek().copied();
        match of_cell
            .find(|summary| summary.metric == metric.name)
            .or(first)
        {
            None => Standing::NotPlanned,
            Some(summary) => standing_of(summary, metric.name),
        }
    }

    /// How many times `left`'s figure is `right`'s, by paired samples.
    pub(crate) fn compare(
        &self,
        metric: Metric<'_>,
        left: (Mode, &str),
        right: (Mode, &str),
    ) -> Option<Comparison> {
        let samples = |(mode, engine)| {
            self.samples
                .get(&(metric.case, metric.param, mode, engine, metric.name))
        };
        let (left, right) = (samples(left)?, samples(right)?);
        let (above, below): (Vec<f64>, Vec<f64>) = left
            .iter()
            .filter_map(|(number, value)| Some((*value, *right.get(number)?)))
            .unzip();
        let ratio = paired_ratio(&above, &below)?;
        Some(Comparison {
            ratio,
            pairs: above.len(),
        })
    }
}

fn index(run: &Run) -> BTreeMap<Key<'_>, Samples> {
    let mut samples: BTreeMap<Key<'_>, Samples> = BTreeMap::new();
    for row in &run.rows {
        let Cell {
            case,
            param,
            mode,
            engine,
        } = &row.cell;
        if let Outcome::Ok { figures } = &row.outcome {
            for figure in figures {
                let key = (
                    case.as_str(),
                    param.as_str(),
                    *mode,
                    engine.as_str(),
                    figure.metric.as_str(),
                );
                samples
                    .entry(key)
                    .or_default()
                    .insert(row.sample, figure.value);
            }
        }
    }
    samples
}

fn standing_of<'a>(summary: &'a Summary, metric: &str) -> Standing<'a> {
    match summary.median {
        Some(median) if summary.status == Status::Ok && summary.metric == metric => {
            Standing::Measured { median, summary }
        }
        // The cell was measured, without this metric.
        _ if summary.status == Status::Ok => Standing::NotPlanned,
        _ => Standing::Without(summary),
    }
}

/// The state of a figure in a word or two, for a table or a chart.
pub(crate) fn word(summary: &Summary) -> String {
    match summary.status {
        Status::Dnf => match share(summary) {
            Some(share) => format!("DNF at {share}"),
            None => "DNF".to_owned(),
        },
        Status::Error => "failed".to_owned(),
        Status::Ok | Status::Missing | Status::Refused => summary.status.to_string(),
    }
}

/// How far it got and why there is no figure, as a sentence without its subject.
pub(crate) fn explanation(summary: &Summary) -> String {
    let reason = summary.reason.as_deref();
    let reason = format::ended(reason.unwrap_or("no reason was recorded"));
    match summary.status {
        Status::Dnf => match (summary.delivered, summary.expected, share(summary)) {
            (Some(delivered), Some(expected), Some(share)) => format!(
                "did not finish, at {share} ({} of {}): {reason}",
                format::grouped(delivered),
                format::grouped(expected)
            ),
            _ => format!("did not finish: {reason}"),
        },
        Status::Error => format!("failed: {reason}"),
        Status::Ok | Status::Missing | Status::Refused => format!("{}: {reason}", summary.status),
    }
}

/// The cell of a summary in words, for example `fan-in, n=1000, flume, goish`.
pub(crate) fn subject(summary: &Summary) -> String {
    let case = case_name(&summary.case, &summary.param);
    format!("{case}, {}, {}", summary.engine, mode_name(summary.mode))
}

/// A case with its parameter, for example `cancel, n=1000, order=fifo`.
pub(crate) fn case_name(case: &str, param: &str) -> String {
    let parts = param.split(',').filter(|part| !part.is_empty());
    std::iter::once(case)
        .chain(parts)
        .collect::<Vec<_>>()
        .join(", ")
}

/// What a reader of the figure must be told beside it: why it is not there, or what to know when
/// comparing it.
pub(crate) fn remark(summary: &Summary) -> Option<String> {
    let subject = subject(summary);
    match (&summary.note, summary.status) {
        (Some(note), Status::Ok) => Some(format!("{subject}: {}", format::ended(note))),
        (None, Status::Ok) => None,
        _ => Some(format!("{subject}: {}", explanation(summary))),
    }
}

/// `raw` or `goish`.
pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Raw => "raw",
        Mode::Goish => "goish",
    }
}

/// How far an unfinished sample got, in per cent; `None` when it was not recorded.
pub(crate) fn share(summary: &Summary) -> Option<String> {
    let (delivered, expected) = (summary.delivered?, summary.expected?);
    if expected == 0 {
        return None;
    }
    let share = 100.0 * delivered as f64 / expected as f64;
    Some(match share {
        0.0 => "0 %".to_owned(),
        share if share < 0.1 => "under 0.1 %".to_owned(),
        // What did not finish is never shown as the whole.
        share => format!("{} %", format::digits(share.min(99.9))),
    })
}
