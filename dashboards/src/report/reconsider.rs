//! The record's three reasons to think again, each as far as the run can tell.

use goish_results::record::Mode;

use super::open_points::growth_in_words;
use crate::document::Block;
use crate::evidence::{self, Evidence, Metric, Standing};
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
    match evidence.standing(spawn, Mode::Goish, default) {
        Standing::Measured { median, summary } => format!(
            "To beat in this run: {} per goroutine, spawned and joined, with {default} in goish mode.",
            format::with_interval(median, summary.lo, summary.hi, &summary.unit)
        ),
        Standing::Without(summary) => {
            format!(
                "This run has no figure for it: {}.",
                evidence::word(summary)
            )
        }
        Standing::NotPlanned => {
            format!("This run has no figure for it: spawn-1m with {default} was not planned.")
        }
    }
}

fn contention(evidence: &Evidence<'_>, default: &str) -> String {
    match growth_in_words(evidence, default) {
        Some(words) => format::sentence(&format!("With {default}, {words}")),
        None => format!("This run has no fan-in of {default}, so it says nothing about this."),
    }
}
