//! What the allocator makes of spawning.

use goish_results::record::Mode;

use super::six_metrics::figure;
use crate::document::{Block, Entry, Table};
use crate::evidence::{self, Comparison, Evidence, Metric};

/// The parameter of what was measured with mimalloc.
pub(super) const MIMALLOC: &str = "allocator=mimalloc";

const METRICS: [(&str, &str); 3] = [
    ("spawn-1m", "per-goroutine"),
    ("parked-1m", "resident-per-goroutine"),
    ("parked-1m", "per-wake"),
];

/// The section; nothing for a run without mimalloc.
pub(super) fn section(evidence: &Evidence<'_>, default: &str) -> Vec<Block> {
    if !evidence.params("spawn-1m").contains(&MIMALLOC) {
        return Vec::new();
    }
    vec![
        Block::heading(3, "allocator", "The allocator"),
        Block::Prose(include_str!("../prose/allocator.md")),
        Block::Table(table(evidence, default)),
    ]
}

fn table(evidence: &Evidence<'_>, default: &str) -> Table {
    let mut columns = ["case", "mode", "system", "mimalloc", "mimalloc over system"]
        .map(str::to_owned)
        .to_vec();
    let go = evidence.go();
    columns.extend(go.map(str::to_owned));
    let mut rows = Vec::new();
    for (case, name) in METRICS {
        for mode in [Mode::Raw, Mode::Goish] {
            let [system, mimalloc] = ["", MIMALLOC].map(|param| Metric { case, param, name });
            let mut row = vec![
                Entry::plain(case).with_detail(name),
                Entry::plain(evidence::mode_name(mode)),
                figure(evidence, system, mode, default),
                figure(evidence, mimalloc, mode, default),
                match ratio(evidence, system, mode, default) {
                    Some(comparison) => Entry::ratio(&comparison.ratio),
                    None => Entry::faint("–"),
                },
            ];
            row.extend(go.map(|go| figure(evidence, system, Mode::Goish, go)));
            rows.push(row);
        }
    }
    Table {
        caption: format!("The system's allocator and mimalloc, with {default}"),
        columns,
        rows,
    }
}

/// mimalloc's figure over the system's.
pub(super) fn ratio(
    evidence: &Evidence<'_>,
    system: Metric<'_>,
    mode: Mode,
    engine: &str,
) -> Option<Comparison> {
    let mimalloc = Metric {
        param: MIMALLOC,
        ..system
    };
    evidence.compare_metrics((mimalloc, mode, engine), (system, mode, engine))
}
