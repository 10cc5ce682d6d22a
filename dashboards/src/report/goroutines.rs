//! What a million goroutines cost.

use super::allocator;
use super::six_metrics::figure;
use crate::charts;
use crate::document::{Block, Entry, Table};
use crate::error::ReportError;
use crate::evidence::{self, Evidence, Metric};

const FIGURES: [(&str, Metric<'static>); 4] = [
    (
        "spawn to join",
        Metric {
            case: "spawn-1m",
            param: "",
            name: "per-goroutine",
        },
    ),
    (
        "wake by close",
        Metric {
            case: "parked-1m",
            param: "",
            name: "per-wake",
        },
    ),
    (
        "resident, parked",
        Metric {
            case: "parked-1m",
            param: "",
            name: "resident-per-goroutine",
        },
    ),
    (
        "heap, parked",
        Metric {
            case: "parked-1m",
            param: "",
            name: "heap-per-goroutine",
        },
    ),
];

/// The section.
pub(super) fn section(evidence: &Evidence<'_>, default: &str) -> Result<Vec<Block>, ReportError> {
    let mut blocks = vec![
        Block::heading(2, "goroutines", "A million goroutines"),
        Block::Prose(include_str!("../prose/goroutines.md")),
    ];
    if FIGURES
        .iter()
        .any(|(_, metric)| evidence.has_case(metric.case))
    {
        blocks.push(Block::Table(table(evidence)));
    } else {
        blocks.push(Block::paragraph(
            "Missing: this run planned neither spawn-1m nor parked-1m.",
        ));
    }
    blocks.extend(allocator::section(evidence, default));
    blocks.extend(charts::spawn(evidence)?.map(Block::Chart));
    blocks.extend(charts::bytes_per_goroutine(evidence)?.map(Block::Chart));
    Ok(blocks)
}

fn table(evidence: &Evidence<'_>) -> Table {
    let mut columns = vec!["engine".to_owned(), "mode".to_owned()];
    columns.extend(FIGURES.iter().map(|(label, _)| (*label).to_owned()));
    let mut rows = Vec::new();
    for (engine, mode) in evidence.lines() {
        let mut row = vec![
            Entry::plain(engine),
            Entry::plain(evidence::mode_name(mode)),
        ];
        row.extend(
            FIGURES
                .iter()
                .map(|(_, metric)| figure(evidence, *metric, mode, engine)),
        );
        rows.push(row);
    }
    Table {
        caption: "Per goroutine, of 1,000,000".to_owned(),
        columns,
        rows,
    }
}
