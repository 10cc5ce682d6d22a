//! Which of Go's promises hold on which engine.

use goish_results::record::{Conformance, ConformanceOutcome};

use crate::document::{Block, Entry, Table, Tone};
use crate::evidence::Evidence;
use crate::format;

/// The section.
pub(super) fn section(evidence: &Evidence<'_>) -> Vec<Block> {
    let mut blocks = vec![Block::heading(2, "conformance", "Conformance")];
    if evidence.run.conformance.is_empty() {
        blocks.push(Block::paragraph(
            "Missing: this run recorded no conformance results, so no promise can be said to hold.",
        ));
        return blocks;
    }
    blocks.push(Block::Prose(include_str!("../prose/conformance.md")));
    blocks.push(Block::Table(table(evidence)));
    let details: Vec<String> = evidence.run.conformance.iter().filter_map(detail).collect();
    if !details.is_empty() {
        blocks.push(Block::List(details));
    }
    blocks
}

/// One row for each promise, one column for each engine.
pub(crate) fn table(evidence: &Evidence<'_>) -> Table {
    let mut promises: Vec<&Conformance> = Vec::new();
    for tried in &evidence.run.conformance {
        if !promises.iter().any(|known| known.promise == tried.promise) {
            promises.push(tried);
        }
    }
    let mut columns = vec!["promise".to_owned()];
    columns.extend(evidence.engines().iter().cloned());
    columns.push("what it says".to_owned());
    let rows = promises
        .into_iter()
        .map(|promise| {
            let mut row = vec![Entry::plain(&promise.promise)];
            let outcomes = evidence
                .engines()
                .iter()
                .map(|engine| outcome(evidence, &promise.promise, engine));
            row.extend(outcomes);
            row.push(Entry::plain(format::sentence(&promise.statement)));
            row
        })
        .collect();
    Table {
        caption: "Go's promises on each engine".to_owned(),
        columns,
        rows,
    }
}

/// What came of a promise on an engine, with the numbers of workers that it was tried on.
pub(super) fn outcome(evidence: &Evidence<'_>, promise: &str, engine: &str) -> Entry {
    let mut parts: Vec<(ConformanceOutcome, Vec<String>)> = Vec::new();
    for tried in &evidence.run.conformance {
        if tried.promise != promise || tried.engine != engine {
            continue;
        }
        let workers = tried.workers.to_string();
        match parts
            .iter_mut()
            .find(|(outcome, _)| *outcome == tried.outcome)
        {
            Some((_, on)) if on.contains(&workers) => {}
            Some((_, on)) => on.push(workers),
            None => parts.push((tried.outcome, vec![workers])),
        }
    }
    // The worst comes first and sets the tone.
    parts.sort_by_key(|(outcome, _)| std::cmp::Reverse(*outcome));
    let Some((worst, _)) = parts.first() else {
        return Entry::faint("not tried");
    };
    let tone = match worst {
        ConformanceOutcome::Holds => Tone::Good,
        ConformanceOutcome::NotApplicable => Tone::Faint,
        ConformanceOutcome::Refused | ConformanceOutcome::Fails => Tone::Bad,
    };
    let words: Vec<String> = parts
        .iter()
        .map(|(outcome, on)| {
            let noun = if on.as_slice() == ["1"] {
                "worker"
            } else {
                "workers"
            };
            format!("{} on {} {noun}", word(*outcome), format::listed(on))
        })
        .collect();
    Entry {
        text: words.join("; "),
        tone,
    }
}

fn word(outcome: ConformanceOutcome) -> &'static str {
    match outcome {
        ConformanceOutcome::Holds => "holds",
        ConformanceOutcome::Refused => "refused",
        ConformanceOutcome::NotApplicable => "not applicable",
        ConformanceOutcome::Fails => "fails",
    }
}

fn detail(tried: &Conformance) -> Option<String> {
    if tried.outcome == ConformanceOutcome::Holds || tried.detail.trim().is_empty() {
        return None;
    }
    Some(format!(
        "{}, {}, {}: {}: {}",
        tried.promise,
        tried.engine,
        format::counted(tried.workers as usize, "worker"),
        word(tried.outcome),
        format::sentence(&tried.detail)
    ))
}
