//! The six metrics of the decision record, with the winner of each.

use goish_results::record::Mode;

use crate::charts;
use crate::document::{Block, Entry, Table};
use crate::error::ReportError;
use crate::evidence::{self, Comparison, Evidence, Metric, Standing};
use crate::format;
use crate::verdict::{self, SIX_METRICS, Verdict};

/// The section.
pub(super) fn section(evidence: &Evidence<'_>) -> Result<Vec<Block>, ReportError> {
    let mut blocks = vec![
        Block::heading(2, "six-metrics", "The six metrics"),
        Block::Prose(include_str!("../prose/six-metrics.md")),
    ];
    for mode in [Mode::Goish, Mode::Raw] {
        blocks.push(Block::Table(table(evidence, mode)));
        let remarks = remarks(evidence, mode);
        if !remarks.is_empty() {
            blocks.push(Block::List(remarks));
        }
    }
    blocks.extend(charts::per_message(evidence)?.map(Block::Chart));
    blocks.extend(charts::percentiles(evidence)?.map(Block::Chart));
    blocks.extend(charts::bytes_per_channel(evidence)?.map(Block::Chart));
    Ok(blocks)
}

/// The table of one mode.
pub(crate) fn table(evidence: &Evidence<'_>, mode: Mode) -> Table {
    let mut columns = ["metric", "winner", "next, relative to the winner"]
        .map(str::to_owned)
        .to_vec();
    columns.extend(evidence.engines().iter().cloned());
    let others = others(evidence, mode);
    columns.extend(others.iter().map(|(_, name)| (*name).to_owned()));
    let rows = SIX_METRICS
        .iter()
        .map(|seed| {
            let verdict = verdict::decide(evidence, seed.metric, mode);
            let mut row = vec![Entry::plain(seed.label), winner(&verdict), ratio(&verdict)];
            let figures = evidence
                .engines()
                .iter()
                .map(|engine| figure(evidence, seed.metric, mode, engine));
            row.extend(figures);
            let of_others = others.iter();
            row.extend(of_others.map(|(mode, name)| figure(evidence, seed.metric, *mode, name)));
            row
        })
        .collect();
    let caption = match mode {
        Mode::Goish => "goish mode: through Chan, with Go's rules",
        Mode::Raw => "raw mode: the engine's own API",
    };
    Table {
        caption: caption.to_owned(),
        columns,
        rows,
    }
}

/// Who stands beside the engines in the table of a mode, without competing in it: what is measured in
/// the same mode, and Go, whose channels have Go's rules, in both.
fn others<'e>(evidence: &'e Evidence<'_>, mode: Mode) -> Vec<(Mode, &'e str)> {
    let beside = evidence.series()[evidence.engines().len()..].iter();
    let of_mode = beside.filter(|name| evidence.mode_of(name) == mode);
    let mut others: Vec<(Mode, &str)> = of_mode.map(|name| (mode, name.as_str())).collect();
    others.extend(evidence.go().map(|go| (Mode::Goish, go)));
    others
}

/// An engine's figure for a table: the median and its interval, or the word for why there is none.
pub(super) fn figure(
    evidence: &Evidence<'_>,
    metric: Metric<'_>,
    mode: Mode,
    engine: &str,
) -> Entry {
    match evidence.standing(metric, mode, engine) {
        Standing::Measured { median, summary } => Entry::measured(median, summary),
        Standing::Without(summary) => Entry::bad(evidence::word(summary)),
        Standing::NotPlanned => Entry::faint("not planned"),
    }
}

fn winner(verdict: &Verdict<'_>) -> Entry {
    match verdict {
        Verdict::Winner { engine, .. } => Entry::good(*engine),
        Verdict::NoClearWinner { .. } => Entry::plain("no clear winner"),
        Verdict::Alone(engine) => Entry::plain(format!("{engine}: nothing to compare with")),
        Verdict::Nobody => Entry::faint("nobody"),
    }
}

fn ratio(verdict: &Verdict<'_>) -> Entry {
    match verdict {
        Verdict::Winner {
            next, over_winner, ..
        } => comparison(next, over_winner),
        Verdict::NoClearWinner {
            smallest,
            rival,
            over_smallest: Some(over_smallest),
        } => comparison(&format!("{rival} to {smallest}"), over_smallest),
        Verdict::NoClearWinner {
            smallest,
            rival,
            over_smallest: None,
        } => Entry::faint(format!("{rival} to {smallest}: no ratio can be formed")),
        Verdict::Alone(_) | Verdict::Nobody => Entry::faint("–"),
    }
}

/// A ratio of something with its interval, and a warning where it is of too few pairs to decide
/// anything.
fn comparison(subject: &str, comparison: &Comparison) -> Entry {
    let ratio = Entry::ratio(&comparison.ratio);
    let few = if comparison.pairs < evidence::FEWEST_PAIRS {
        format!(", of only {}", format::counted(comparison.pairs, "pair"))
    } else {
        String::new()
    };
    Entry {
        text: format!("{subject} {}", ratio.text),
        detail: ratio.detail + &few,
        ..ratio
    }
}

fn remarks(evidence: &Evidence<'_>, mode: Mode) -> Vec<String> {
    let mut remarks = Vec::new();
    for seed in &SIX_METRICS {
        let engines = evidence
            .engines()
            .iter()
            .map(|engine| (mode, engine.as_str()));
        for (mode, engine) in engines.chain(others(evidence, mode)) {
            let standing = evidence.standing(seed.metric, mode, engine);
            remarks.extend(standing.summary().and_then(evidence::remark));
        }
    }
    remarks
}
