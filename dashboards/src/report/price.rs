//! What Go's rules cost: goish mode against raw mode, for each engine.

use goish_results::record::Mode;

use crate::document::{Block, Entry, Table};
use crate::evidence::{self, Comparison, Evidence, Metric, Standing};
use crate::format;

/// The section.
pub(super) fn section(evidence: &Evidence<'_>) -> Vec<Block> {
    let mut blocks = vec![
        Block::heading(2, "price", "The price of Go's semantics"),
        Block::Prose(include_str!("../prose/price.md")),
        Block::Table(table(evidence)),
    ];
    let others = other_work(evidence);
    if !others.is_empty() {
        blocks.push(Block::paragraph(
            "In these cells raw did other work than goish, so the ratio is not a price:",
        ));
        blocks.push(Block::List(others));
    }
    blocks
}

/// Where a crate could not do raw what the case asks for, and did something near it.
fn other_work(evidence: &Evidence<'_>) -> Vec<String> {
    evidence
        .summaries
        .iter()
        .filter(|summary| summary.headline && summary.mode == Mode::Raw)
        .filter(|summary| summary.note.is_some() && evidence.engines().contains(&summary.engine))
        .filter_map(evidence::remark)
        .collect()
}

/// One row for each case's headline, one column for each engine.
pub(crate) fn table(evidence: &Evidence<'_>) -> Table {
    let mut columns = vec!["case".to_owned()];
    columns.extend(evidence.engines().iter().cloned());
    let on_engines = |metric: &Metric<'_>| {
        let mut engines = evidence.engines().iter();
        engines.any(|engine| {
            let standing = evidence.standing(*metric, Mode::Goish, engine);
            standing.summary().is_some()
        })
    };
    let rows = evidence
        .headlines()
        .into_iter()
        .filter(on_engines)
        .map(|metric| {
            let name = evidence::case_name(metric.case, metric.param);
            let mut row = vec![Entry::plain(name).with_detail(metric.name)];
            row.extend(
                evidence
                    .engines()
                    .iter()
                    .map(|engine| price(evidence, metric, engine)),
            );
            row
        })
        .collect();
    Table {
        caption: "goish relative to raw, per case and engine".to_owned(),
        columns,
        rows,
    }
}

fn price(evidence: &Evidence<'_>, metric: Metric<'_>, engine: &str) -> Entry {
    let goish = evidence.standing(metric, Mode::Goish, engine);
    let raw = evidence.standing(metric, Mode::Raw, engine);
    match (goish, raw) {
        (Standing::NotPlanned, Standing::NotPlanned) => Entry::faint("not planned"),
        (
            Standing::Measured {
                median: goish,
                summary,
            },
            Standing::Measured { median: raw, .. },
        ) => {
            let unit = &summary.unit;
            let figures = format!(
                "{} over {}",
                format::quantity(goish, unit),
                format::quantity(raw, unit)
            );
            match evidence.compare(metric, (Mode::Goish, engine), (Mode::Raw, engine)) {
                Some(Comparison { ratio, .. }) => {
                    let entry = Entry::ratio(&ratio);
                    let detail = format!("{}; {figures}", entry.detail);
                    entry.with_detail(detail)
                }
                None => Entry::plain(figures),
            }
        }
        (goish, raw) => {
            let words = [("goish", goish), ("raw", raw)].map(|(mode, standing)| match standing {
                Standing::Measured { median, summary } => {
                    format!("{mode} {}", format::quantity(median, &summary.unit))
                }
                Standing::Without(summary) => format!("{mode} {}", evidence::word(summary)),
                Standing::NotPlanned => format!("{mode} not planned"),
            });
            Entry::bad(words.join("; "))
        }
    }
}
