//! The record's three reasons to think again, each as far as the run can tell.

use goish_results::record::Mode;

use super::open_points::growth_in_words;
use super::six_metrics::figure;
use crate::document::{Block, Tone};
use crate::evidence::{Evidence, Metric};
use crate::format;

/// The section.
pub(super) fn section(evidence: &Evidence<'_>, default: &str) -> Vec<Block> {
    vec![
        Block::heading(2, "reconsider", "What would make us reconsider"),
        Block::Prose(include_str!("../prose/reconsider-runtime.md")),
        Block::paragraph(runtime(evidence, default)),
        Block::Prose(include_str!("../prose/reconsider-tokio.md")),
        Block::Prose(include_str!("../prose/reconsider-contention.md")),
        Block::paragraph(contention(evidence, default)),
    ]
}

/// What a rival runtime would have to beat.
fn runtime(evidence: &Evidence<'_>, default: &str) -> String {
    let spawn = Metric {
        case: "spawn-1m",
        param: "",
        name: "per-goroutine",
    };
    let figure = figure(evidence, spawn, Mode::Goish, default);
    match figure.tone {
        Tone::Plain => format!(
            "To beat in this run: {} per goroutine, spawned and joined, with {default} in goish mode.",
            figure.text
        ),
        _ => format!(
            "This run has no figure of spawn-1m with {default} in goish mode: {}.",
            figure.text
        ),
    }
}

fn contention(evidence: &Evidence<'_>, default: &str) -> String {
    match growth_in_words(evidence, default) {
        Some(words) => format::sentence(&format!("With {default}, {words}")),
        None => format!("This run has no fan-in of {default}, so it says nothing about this."),
    }
}
