//! Which of Go's promises hold on which engine.

use std::collections::{BTreeMap, BTreeSet};

use goish_results::record::{Conformance, ConformanceOutcome, Kind};

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
    let details = details(evidence);
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
    let tried = tried_on(evidence);
    columns.extend(tried.iter().map(|name| (*name).to_owned()));
    columns.push("what it says".to_owned());
    let rows = promises
        .into_iter()
        .map(|promise| {
            let mut row = vec![Entry::plain(&promise.promise)];
            let outcomes = tried
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

/// Every engine, and published goish where its promises were tried.
fn tried_on<'e>(evidence: &'e Evidence<'_>) -> Vec<&'e str> {
    let published = evidence.only(Kind::Published).filter(|name| {
        let mut tried = evidence.run.conformance.iter();
        tried.any(|tried| tried.engine == *name)
    });
    let engines = evidence.engines().iter().map(String::as_str);
    engines.chain(published).collect()
}

/// What came of a promise on an engine, with the numbers of workers that it was tried on.
pub(super) fn outcome(evidence: &Evidence<'_>, promise: &str, engine: &str) -> Entry {
    let tried = evidence.run.conformance.iter();
    let tried: Vec<_> = tried
        .filter(|tried| tried.promise == promise && tried.engine == engine)
        .collect();
    let outcomes = alike(&tried, |tried| severity(tried.outcome));
    let Some((worst, first)) = outcomes.first() else {
        return Entry::faint("not tried");
    };
    let tone = match worst.outcome {
        ConformanceOutcome::Holds => Tone::Good,
        ConformanceOutcome::NotApplicable => Tone::Faint,
        ConformanceOutcome::Refused | ConformanceOutcome::Fails => Tone::Bad,
    };
    let others = outcomes[1..]
        .iter()
        .map(|(tried, on)| format!("{} {on}", word(tried.outcome)));
    let detail: Vec<String> = std::iter::once(first.clone()).chain(others).collect();
    Entry {
        tone,
        ..Entry::plain(word(worst.outcome)).with_detail(detail.join("; "))
    }
}

/// Puts those together that have the same key, in the order of the key: gives the first of each and
/// on which workers they all were tried.
fn alike<'t, K: Ord>(
    tried: &[&'t Conformance],
    key: impl Fn(&'t Conformance) -> K,
) -> Vec<(&'t Conformance, String)> {
    let mut together: BTreeMap<K, (&Conformance, BTreeSet<u32>)> = BTreeMap::new();
    for one in tried {
        let (_, workers) = together
            .entry(key(one))
            .or_insert_with(|| (one, BTreeSet::new()));
        workers.insert(one.workers);
    }
    let on = |workers: BTreeSet<u32>| {
        let noun = if workers.iter().eq(&[1]) {
            "worker"
        } else {
            "workers"
        };
        let numbers: Vec<String> = workers.iter().map(u32::to_string).collect();
        format!("on {} {noun}", format::listed(&numbers))
    };
    together
        .into_values()
        .map(|(first, workers)| (first, on(workers)))
        .collect()
}

/// The worst is 0.
fn severity(outcome: ConformanceOutcome) -> u8 {
    match outcome {
        ConformanceOutcome::Fails => 0,
        ConformanceOutcome::Refused => 1,
        ConformanceOutcome::NotApplicable => 2,
        ConformanceOutcome::Holds => 3,
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

/// Why a promise does not simply hold, each reason once.
fn details(evidence: &Evidence<'_>) -> Vec<String> {
    let tried = evidence.run.conformance.iter();
    let explained: Vec<_> = tried
        .filter(|tried| tried.outcome != ConformanceOutcome::Holds)
        .filter(|tried| !tried.detail.trim().is_empty())
        .collect();
    let explained = alike(&explained, |tried| {
        (
            &tried.promise,
            &tried.engine,
            severity(tried.outcome),
            &tried.detail,
        )
    });
    // An engine that gives one reason for many promises says it once.
    let mut many: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for (tried, _) in &explained {
        let reason = (tried.engine.as_str(), tried.detail.as_str());
        many.entry(reason).or_default().insert(&tried.promise);
    }
    many.retain(|_, promises| promises.len() > 3);
    let once = many.iter().map(|((engine, reason), promises)| {
        let (count, reason) = (promises.len(), format::ended(reason));
        format!("{engine}: {count} promises, for one reason: {reason}")
    });
    let each = explained
        .iter()
        .filter(|(tried, _)| !many.contains_key(&(tried.engine.as_str(), tried.detail.as_str())))
        .map(|(tried, on)| {
            format!(
                "{}, {}: {} {on}: {}",
                tried.promise,
                tried.engine,
                word(tried.outcome),
                format::ended(&tried.detail)
            )
        });
    once.chain(each).collect()
}
