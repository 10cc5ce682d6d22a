//! goish's schedulers against each other: the rule that `prose/scheduler.md` states to the reader.
//! Change both together.

use goish_results::record::{Kind, Mode};
use goish_results::statistics::Ratio;

use super::six_metrics::figure;
use crate::document::{Block, Entry, Table};
use crate::evidence::{self, Evidence, FEWEST_PAIRS, Metric, Standing};
use crate::format;
use crate::recommendation::mean_ratio;

/// What a scheduler decides: what a goroutine costs to make, to join, to keep parked and to wake, a
/// hand-over, sleeps, and how long one waits that was woken by one that computes on.
const FIGURES: [Metric<'static>; 7] = [
    metric("spawn-1m", "per-goroutine"),
    metric("wait-group", "per-goroutine"),
    metric("parked-1m", "resident-per-goroutine"),
    metric("parked-1m", "per-wake"),
    metric("ping-pong", "round-trip"),
    metric("sleep-100k", "per-sleep"),
    metric("unfair-waker", "delay-p50"),
];

const fn metric(case: &'static str, name: &'static str) -> Metric<'static> {
    Metric {
        case,
        param: "",
        name,
    }
}

/// What the rule says of one of the other schedulers.
pub(super) struct Rival<'e> {
    pub(super) name: &'e str,
    /// Its mean over the figures relative to the default's, and over how many; `None` when there are too
    /// few samples.
    pub(super) ratio: Option<(Ratio, usize)>,
    /// A case that the default finishes and this one does not.
    unfinished: Option<String>,
}

impl Rival<'_> {
    /// Whether the rule recommends it.
    pub(super) fn is_better(&self) -> bool {
        self.unfinished.is_none() && self.ratio.is_some_and(|(ratio, _)| ratio.hi < 1.0)
    }

    /// What decides it.
    pub(super) fn because(&self) -> String {
        let name = self.name;
        if let Some(case) = &self.unfinished {
            return format!("{name} does not finish {case}");
        }
        match self.ratio {
            None => format!("too few samples are paired with those of {name} to form a ratio"),
            Some((ratio, count)) => format!(
                "over {} {name} takes {} of what the default takes",
                format::counted(count, "figure"),
                format::ratio(&ratio)
            ),
        }
    }
}

/// The schedulers that the run measured beside the default.
pub(super) fn rivals<'e>(evidence: &'e Evidence<'_>, default: &str) -> Vec<Rival<'e>> {
    let all = evidence.all(Kind::Scheduler);
    all.map(|name| rival(evidence, default, name)).collect()
}

fn rival<'e>(evidence: &Evidence<'_>, default: &str, name: &'e str) -> Rival<'e> {
    let pairs = |metric: &Metric<'_>| {
        evidence
            .compare(*metric, (Mode::Goish, name), (Mode::Goish, default))
            .map_or(0, |comparison| comparison.pairs)
    };
    let compared: Vec<_> = FIGURES
        .into_iter()
        .filter(|metric| pairs(metric) >= FEWEST_PAIRS)
        .collect();
    let ratio = match compared.is_empty() {
        true => None,
        false => mean_ratio(evidence, &compared, name, default),
    };
    let is_finished = |metric: &Metric<'_>, name: &str| {
        let standing = evidence.standing(*metric, Mode::Goish, name);
        matches!(standing, Standing::Measured { .. })
    };
    let mut headlines = evidence.headlines().into_iter();
    let unfinished = headlines.find(|metric| {
        let standing = evidence.standing(*metric, Mode::Goish, name);
        let is_planned = standing.summary().is_some();
        is_planned && is_finished(metric, default) && !is_finished(metric, name)
    });
    Rival {
        name,
        ratio: ratio.map(|ratio| (ratio, compared.len())),
        unfinished: unfinished.map(|metric| evidence::case_name(metric.case, metric.param)),
    }
}

/// The section; nothing for a run of one scheduler.
pub(super) fn section(evidence: &Evidence<'_>, default: &str) -> Vec<Block> {
    let rivals = rivals(evidence, default);
    if rivals.is_empty() {
        return Vec::new();
    }
    vec![
        Block::heading(2, "scheduler", "The scheduler"),
        Block::Answer(answer(&rivals)),
        Block::Table(table(evidence, default, &rivals)),
        Block::Prose(include_str!("../prose/scheduler.md")),
    ]
}

fn answer(rivals: &[Rival<'_>]) -> String {
    let sentences = rivals.iter().map(|rival| {
        let because = rival.because();
        match rival.is_better() {
            true => format!("Make {}'s scheduler the default: {because}.", rival.name),
            false => format!("Keep the default scheduler: {because}."),
        }
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn table(evidence: &Evidence<'_>, default: &str, rivals: &[Rival<'_>]) -> Table {
    let mut columns = vec!["figure".to_owned(), "goish".to_owned()];
    for rival in rivals {
        columns.extend([
            rival.name.to_owned(),
            format!("{} relative to goish", rival.name),
        ]);
    }
    let planned = |metric: &&Metric<'_>| evidence.has_case(metric.case);
    let row = |metric: &Metric<'_>| {
        let mut row = vec![
            Entry::plain(metric.case).with_detail(metric.name),
            figure(evidence, *metric, Mode::Goish, default),
        ];
        for rival in rivals {
            let both = ((Mode::Goish, rival.name), (Mode::Goish, default));
            row.push(figure(evidence, *metric, Mode::Goish, rival.name));
            row.push(match evidence.compare(*metric, both.0, both.1) {
                Some(comparison) => Entry::ratio(&comparison.ratio),
                None => Entry::faint("–"),
            });
        }
        row
    };
    Table {
        caption: "goish on each of its schedulers".to_owned(),
        columns,
        rows: FIGURES.iter().filter(planned).map(row).collect(),
    }
}
