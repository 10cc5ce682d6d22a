//! The recommendation, first, with how every engine came to its place.

use crate::document::{Block, Entry, Table};
use crate::format;
use crate::recommendation::{Advice, Candidate};

/// The section.
pub(super) fn section(
    advice: &Advice<'_>,
    candidates: &[Candidate<'_>],
    default: &str,
) -> Vec<Block> {
    let mut blocks = vec![
        Block::heading(2, "recommendation", "Recommendation"),
        Block::Answer(words(advice)),
    ];
    if !candidates.is_empty() {
        blocks.push(Block::Table(table(candidates, default)));
    }
    blocks.push(Block::Prose(include_str!("../prose/rule.md")));
    blocks
}

fn words(advice: &Advice<'_>) -> String {
    match advice {
        Advice::Keep { default, because } => format!("Keep {default}: {because}."),
        Advice::Change { from, to, because } => {
            format!("Make {to} the default instead of {from}: {because}.")
        }
        Advice::None { because } => format!("No recommendation: {because}."),
    }
}

fn table(candidates: &[Candidate<'_>], default: &str) -> Table {
    let row = |candidate: &Candidate<'_>| {
        let mut name = candidate.engine.to_owned();
        if candidate.engine == default {
            name.push_str(" (the default)");
        }
        let may = if candidate.obstacles.is_empty() {
            Entry::good("yes")
        } else {
            Entry::bad(format!("no: {}", format::listed(&candidate.obstacles)))
        };
        let mean = match candidate.over_best {
            Some(ratio) => Entry::ratio(&ratio),
            None => Entry::faint("–"),
        };
        vec![Entry::plain(name), may, mean]
    };
    Table {
        caption: "Every engine under the rule below".to_owned(),
        columns: [
            "engine",
            "can be recommended",
            "mean over the six metrics, relative to the best",
        ]
        .map(str::to_owned)
        .into(),
        rows: candidates.iter().map(row).collect(),
    }
}
