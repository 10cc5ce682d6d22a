//! Every figure of the run, with what explains it.

use goish_results::record::RuntimeFigures;
use goish_results::statistics::Ratio;
use goish_results::summary::{Status, Summary};

use crate::document::{Block, Entry, Table};
use crate::evidence::{self, Evidence};
use crate::format;

/// The section: one folded table for each case.
pub(super) fn section(evidence: &Evidence<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::heading(2, "everything", "Everything measured")];
    if evidence.summaries.is_empty() {
        blocks.push(Block::paragraph(
            "Missing: this run planned nothing and measured nothing.",
        ));
        return blocks;
    }
    blocks.push(Block::Prose(include_str!("../prose/everything.md")));
    let same_case = |left: &Summary, right: &Summary| left.case == right.case;
    for summaries in evidence.summaries.chunk_by(same_case) {
        let case = &summaries[0].case;
        blocks.push(Block::Fold {
            summary: case.clone(),
            blocks: vec![Block::Table(table(case, summaries))],
        });
    }
    blocks
}

fn table(case: &str, summaries: &[Summary]) -> Table {
    const COLUMNS: [&str; 11] = [
        "parameter",
        "engine",
        "mode",
        "metric",
        "median",
        "relative to the best",
        "samples",
        "outliers",
        "workers busy",
        "parks per sample",
        "remark",
    ];
    Table {
        caption: format!("{case}: every figure"),
        columns: COLUMNS.map(str::to_owned).into(),
        rows: summaries.iter().map(row).collect(),
    }
}

fn row(summary: &Summary) -> Vec<Entry> {
    let param = if summary.param.is_empty() {
        "–"
    } else {
        &summary.param
    };
    let figure = match summary.median {
        Some(median) => Entry::measured(median, summary),
        None => Entry::bad(evidence::word(summary)),
    };
    let mut row = vec![
        Entry::plain(param),
        Entry::plain(&summary.engine),
        Entry::plain(evidence::mode_name(summary.mode)),
        Entry::plain(&summary.metric),
        figure,
        ratio(summary),
        Entry::plain(samples(summary)),
        Entry::plain(summary.outliers.to_string()),
    ];
    row.extend(explained_by(summary.runtime.as_ref()));
    row.push(remark(summary));
    row
}

fn ratio(summary: &Summary) -> Entry {
    match (summary.ratio_to_best, summary.ratio_lo, summary.ratio_hi) {
        (Some(median), Some(lo), Some(hi)) => Entry::ratio(&Ratio { median, lo, hi }),
        _ => Entry::faint("–"),
    }
}

fn samples(summary: &Summary) -> String {
    if summary.samples == summary.planned {
        return summary.samples.to_string();
    }
    format!("{} of {}", summary.samples, summary.planned)
}

/// tokio's own figures.
fn explained_by(runtime: Option<&RuntimeFigures>) -> [Entry; 2] {
    match runtime {
        Some(runtime) => [
            Entry::plain(format!("{} %", format::digits(100.0 * runtime.busy_ratio))),
            Entry::plain(format::grouped(runtime.parks)),
        ],
        None => [Entry::faint("–"), Entry::faint("–")],
    }
}

fn remark(summary: &Summary) -> Entry {
    match (summary.status, &summary.note) {
        (Status::Ok, Some(note)) => Entry::plain(format::sentence(note)),
        (Status::Ok, None) => Entry::plain(""),
        _ => Entry::bad(format::sentence(&evidence::explanation(summary))),
    }
}
