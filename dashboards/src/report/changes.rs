//! What changed since the run that was recorded before this one.

use goish_results::compare::{self, CompareError, Compared, Verdict};
use goish_results::store::Run;

use crate::document::{Block, Entry, Table, Tone};
use crate::evidence::{self, Evidence};
use crate::format;

/// The section; `previous` is the run recorded before this one, if there is one.
pub(super) fn section(evidence: &Evidence<'_>, previous: Option<&Run>) -> Vec<Block> {
    let mut blocks = vec![Block::heading(
        2,
        "changes",
        "What changed since the last recorded run",
    )];
    let Some(previous) = previous else {
        blocks.push(Block::paragraph(
            "No run was recorded before this one, so there is nothing to compare with.",
        ));
        return blocks;
    };
    match compare::runs(previous, evidence.run, false) {
        Ok(comparison) => {
            blocks.push(Block::Prose(include_str!("../prose/changes.md")));
            blocks.extend(changes(&comparison, &previous.header.id));
        }
        Err(CompareError::DifferentMachines { differences, .. }) => {
            let differences: Vec<String> = differences
                .iter()
                .map(|one| format!("{}: {} then, {} now", one.component, one.left, one.right))
                .collect();
            blocks.push(Block::paragraph(format!(
                "The run before, {}, was taken on another machine ({}), and machines are not compared unasked; `cargo lab cmp --across-machines` does.",
                previous.header.id,
                format::listed(&differences)
            )));
        }
        Err(error) => blocks.push(Block::paragraph(format::sentence(&error.to_string()))),
    }
    blocks
}

fn changes(comparison: &compare::Comparison, previous: &str) -> Vec<Block> {
    let headlines = || {
        comparison.lines.iter().filter(|line| {
            let sides = [&line.left, &line.right];
            sides.into_iter().flatten().any(|side| side.headline)
        })
    };
    let count = |verdict| headlines().filter(|line| line.verdict == verdict).count();
    let mut blocks = vec![Block::Answer(format!(
        "Since {previous}: {} better, {} worse, {} cannot be told apart, {} have a figure in only one of the two runs.",
        count(Verdict::Better),
        count(Verdict::Worse),
        count(Verdict::Undecided),
        count(Verdict::Incomplete)
    ))];
    let changed =
        headlines().filter(|line| matches!(line.verdict, Verdict::Better | Verdict::Worse));
    let rows: Vec<Vec<Entry>> = changed.filter_map(row).collect();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            caption: "What is better or worse than in the run before".to_owned(),
            columns: ["case", "engine", "mode", "before", "now", "now over before"]
                .map(str::to_owned)
                .into(),
            rows,
        }));
    }
    blocks
}

fn row(line: &Compared) -> Option<Vec<Entry>> {
    let (left, right, ratio) = (line.left.as_ref()?, line.right.as_ref()?, line.ratio?);
    let tone = match line.verdict {
        Verdict::Better => Tone::Good,
        _ => Tone::Bad,
    };
    let case = evidence::case_name(&right.case, &right.param);
    Some(vec![
        Entry::plain(case).with_detail(&*right.metric),
        Entry::plain(&right.engine),
        Entry::plain(evidence::mode_name(right.mode)),
        Entry::measured(left.median?, left),
        Entry::measured(right.median?, right),
        Entry {
            tone,
            ..Entry::ratio(&ratio)
        },
    ])
}
