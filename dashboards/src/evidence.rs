//! The run as the report asks for it: a figure by its name, a ratio of paired samples, and the words
//! for a figure that is not there.

use std::collections::BTreeMap;

use goish_results::record::{Cell, Kind, Mode, Outcome};
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
    /// Whether the ratio is below 1 throughout its interval.
    pub(crate) fn is_below_one(&self) -> bool {
        self.pairs >= FEWEST_PAIRS && self.ratio.hi < 1.0
    }

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
    series: Vec<String>,
    runtimes: Vec<String>,
    samples: BTreeMap<Key<'a>, Samples>,
}

impl<'a> Evidence<'a> {
    /// Indexes a run.
    pub(crate) fn new(run: &'a Run, summaries: &'a [Summary]) -> Evidence<'a> {
        let names = summaries
            .iter()
            .map(|summary| &summary.engine)
            .chain(run.conformance.iter().map(|tried| &tried.engine));
        let mut engines: Vec<String> = names
            .filter(|name| !run.header.subjects.contains_key(*name))
            .cloned()
            .collect();
        engines.sort_unstable();
        engines.dedup();
        let of_kind = |wanted: &[Kind]| -> Vec<String> {
            let subjects = run.header.subjects.iter();
            let subjects = subjects.filter(|(_, subject)| wanted.contains(&subject.kind));
            subjects.map(|(name, _)| name.clone()).collect()
        };
        let mut series = engines.clone();
        series.extend(of_kind(&[Kind::Channels, Kind::Published]));
        Evidence {
            run,
            summaries,
            engines,
            series,
            runtimes: of_kind(&[Kind::Runtime, Kind::Scheduler, Kind::Published]),
            samples: index(run),
        }
    }

    /// goish's engines of the run by name.
    pub(crate) fn engines(&self) -> &[String] {
        &self.engines
    }

    /// Everything that the cases of channels were measured on but Go: the engines, then channel
    /// crates and published goish. A name's place in this list is its colour and shape.
    pub(crate) fn series(&self) -> &[String] {
        &self.series
    }

    /// Every goroutine runtime of the run but Go.
    pub(crate) fn runtimes(&self) -> &[String] {
        &self.runtimes
    }

    /// The names of the subjects of a kind.
    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &'a str> {
        let subjects = self.run.header.subjects.iter();
        let subjects = subjects.filter(move |(_, subject)| subject.kind == kind);
        subjects.map(|(name, _)| name.as_str())
    }

    /// The name of a subject of a kind of which there is one, if the run measured it.
    pub(crate) fn only(&self, kind: Kind) -> Option<&'a str> {
        self.all(kind).next()
    }

    /// Go's name, if the run measured it.
    pub(crate) fn go(&self) -> Option<&'a str> {
        self.only(Kind::Go)
    }

    /// Whether the run measured more than goish's engines.
    pub(crate) fn has_field(&self) -> bool {
        !self.run.header.subjects.is_empty()
    }

    /// The mode that the rows of a subject stand in.
    pub(crate) fn mode_of(&self, subject: &str) -> Mode {
        let of_subject = |summary: &&Summary| summary.engine == subject;
        let first = self.summaries.iter().find(of_subject);
        first.map_or(Mode::Raw, |summary| summary.mode)
    }

    /// Go's median of a metric.
    pub(crate) fn go_median(&self, metric: Metric<'_>) -> Option<f64> {
        match self.standing(metric, Mode::Goish, self.go()?) {
            Standing::Measured { median, .. } => Some(median),
            Standing::Without(_) | Standing::NotPlanned => None,
        }
    }

    /// The rows of a table on the cases of channels: every engine raw and with Go's rules, every
    /// other subject as it was measured, and Go.
    pub(crate) fn lines(&self) -> Vec<(&str, Mode)> {
        let engines = self.engines.iter();
        let engines =
            engines.flat_map(|engine| [Mode::Raw, Mode::Goish].map(|mode| (engine, mode)));
        let beside = self.series[self.engines.len()..].iter();
        let beside = beside.map(|name| (name, self.mode_of(name)));
        let all = engines
            .chain(beside)
            .map(|(name, mode)| (name.as_str(), mode));
        all.chain(self.go().map(|go| (go, Mode::Goish))).collect()
    }

    /// The headline metric of every case and parameter, in the order of the summaries.
    pub(crate) fn headlines(&self) -> Vec<Metric<'a>> {
        let mut headlines: Vec<Metric<'a>> = Vec::new();
        for summary in self.summaries.iter().filter(|summary| summary.headline) {
            let metric = Metric {
                case: &summary.case,
                param: &summary.param,
                name: &summary.metric,
            };
            if !headlines.contains(&metric) {
                headlines.push(metric);
            }
        }
        headlines
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
        self.compare_metrics((metric, left.0, left.1), (metric, right.0, right.1))
    }

    /// The same, of different metrics or parameters.
    pub(crate) fn compare_metrics(
        &self,
        left: (Metric<'_>, Mode, &str),
        right: (Metric<'_>, Mode, &str),
    ) -> Option<Comparison> {
        let (left, right) = (self.samples_of(left)?, self.samples_of(right)?);
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

impl Evidence<'_> {
    fn samples_of<'s>(
        &'s self,
        (metric, mode, engine): (Metric<'s>, Mode, &'s str),
    ) -> Option<&'s Samples> {
        self.samples
            .get(&(metric.case, metric.param, mode, engine, metric.name))
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
