//! The points that the decision record left open, as they are measured now.

use goish_results::record::Mode;

use super::conformance;
use super::six_metrics::figure;
use crate::charts;
use crate::document::{Block, Entry, Table};
use crate::error::ReportError;
use crate::evidence::{self, Evidence, Metric, Standing};
use crate::format;

/// The section.
pub(super) fn section(evidence: &Evidence<'_>) -> Result<Vec<Block>, ReportError> {
    let mut blocks = vec![
        Block::heading(2, "open-points", "What the decision record left open"),
        Block::heading(3, "fan-in", "Pathological fan-in"),
        Block::Prose(include_str!("../prose/fan-in.md")),
    ];
    if evidence.has_case("fan-in") {
        blocks.push(Block::Table(fan_in_table(evidence)));
        blocks.extend(stopped(evidence));
    } else {
        blocks.push(Block::paragraph(
            "Missing: this run did not plan the case fan-in.",
        ));
    }
    blocks.extend(charts::fan_in(evidence)?.map(Block::Chart));
    blocks.extend(charts::cancel(evidence)?.into_iter().map(Block::Chart));
    blocks.push(Block::heading(3, "select-fairness", "Fairness in select!"));
    blocks.push(Block::Prose(include_str!("../prose/select-fairness.md")));
    blocks.push(fairness(evidence));
    blocks.push(Block::heading(3, "shares", "Fairness under contention"));
    blocks.push(Block::Prose(include_str!("../prose/shares.md")));
    if evidence.has_case("contended-16") {
        blocks.push(Block::Table(shares(evidence)));
    } else {
        blocks.push(Block::paragraph(
            "Missing: this run did not plan the case contended-16.",
        ));
    }
    blocks.push(Block::heading(3, "shutdown", "Graceful server shutdown"));
    blocks.push(Block::Prose(include_str!("../prose/shutdown.md")));
    Ok(blocks)
}

/// ns per message at each n, and the growth over all of them, for each engine and mode.
pub(crate) fn fan_in_table(evidence: &Evidence<'_>) -> Table {
    let params = evidence.params("fan-in");
    let mut columns = vec!["engine".to_owned(), "mode".to_owned()];
    columns.extend(params.iter().map(|param| (*param).to_owned()));
    let mut rows = Vec::new();
    for (engine, mode) in evidence.lines() {
        let mut row = vec![
            Entry::plain(engine),
            Entry::plain(evidence::mode_name(mode)),
        ];
        row.extend(params.iter().map(|param| {
            let metric = Metric {
                case: "fan-in",
                param,
                name: metric_of(evidence, param),
            };
            figure(evidence, metric, mode, engine)
        }));
        rows.push(row);
    }
    Table {
        caption: "Fan-in: time per message, and its growth over the range of n".to_owned(),
        columns,
        rows,
    }
}

/// The one metric of a parameter of fan-in: the growth has a parameter of its own.
fn metric_of<'a>(evidence: &Evidence<'a>, param: &str) -> &'a str {
    evidence
        .summaries
        .iter()
        .find(|summary| summary.case == "fan-in" && summary.param == param)
        .map_or("per-message", |summary| &summary.metric)
}

/// Which fan-in did not finish, and how far it got.
fn stopped(evidence: &Evidence<'_>) -> Option<Block> {
    let stopped: Vec<String> = evidence
        .summaries
        .iter()
        .filter(|summary| summary.case == "fan-in" && summary.metric != "growth")
        .filter_map(evidence::remark)
        .collect();
    (!stopped.is_empty()).then_some(Block::List(stopped))
}

/// The growth of an engine in goish mode, in words; `None` when fan-in was not planned.
pub(super) fn growth_in_words(evidence: &Evidence<'_>, engine: &str) -> Option<String> {
    let growth = evidence.summaries.iter().find(|summary| {
        summary.case == "fan-in"
            && summary.metric == "growth"
            && summary.mode == Mode::Goish
            && summary.engine == engine
    })?;
    let metric = Metric {
        case: "fan-in",
        param: &growth.param,
        name: "growth",
    };
    Some(match evidence.standing(metric, Mode::Goish, engine) {
        Standing::Measured { median, summary } => format!(
            "a message costs {} as much over {} in goish mode",
            format::with_interval(median, summary.lo, summary.hi, &summary.unit),
            summary.param
        ),
        Standing::Without(summary) => format!(
            "over {} in goish mode it {}",
            summary.param,
            evidence::explanation(summary).trim_end_matches('.')
        ),
        Standing::NotPlanned => return None,
    })
}

/// The outcome of the promise on `select!`'s fairness, on each engine.
fn fairness(evidence: &Evidence<'_>) -> Block {
    let about_fairness = |promise: &str| promise.contains("fair") && promise.contains("select");
    let mut promises: Vec<&str> = Vec::new();
    for tried in &evidence.run.conformance {
        if about_fairness(&tried.promise) && !promises.contains(&tried.promise.as_str()) {
            promises.push(&tried.promise);
        }
    }
    if promises.is_empty() {
        return Block::paragraph(
            "Missing: this run recorded no conformance result on the fairness of select!.",
        );
    }
    let lines = promises.iter().flat_map(|promise| {
        evidence.engines().iter().map(move |engine| {
            let outcome = conformance::outcome(evidence, promise, engine);
            format::ended(&format!(
                "{promise}, {engine}: {} {}",
                outcome.text, outcome.detail
            ))
        })
    });
    Block::List(lines.collect())
}

/// The shares of those who were served least and most, for each engine and mode.
fn shares(evidence: &Evidence<'_>) -> Table {
    let params = evidence.params("contended-16");
    let mut columns = vec!["engine".to_owned(), "mode".to_owned()];
    let sides = [
        ("receivers", ["fairness-min", "fairness-max"]),
        ("senders", ["sender-fairness-min", "sender-fairness-max"]),
    ];
    for param in &params {
        columns.extend(sides.map(|(side, _)| format!("{side}, {param}")));
    }
    let mut rows = Vec::new();
    for (engine, mode) in evidence.lines() {
        let mut row = vec![
            Entry::plain(engine),
            Entry::plain(evidence::mode_name(mode)),
        ];
        for param in &params {
            row.extend(
                sides.map(|(_, names)| least_and_most(evidence, param, names, mode, engine)),
            );
        }
        rows.push(row);
    }
    Table {
        caption: "contended-16: the smallest and the largest share of sixteen, where 1 is even"
            .to_owned(),
        columns,
        rows,
    }
}

/// Two shares as one entry, marked when one is outside of what counts as fair.
fn least_and_most(
    evidence: &Evidence<'_>,
    param: &str,
    names: [&str; 2],
    mode: Mode,
    engine: &str,
) -> Entry {
    /// Nobody should get less than half or more than twice an even share.
    const FAIR: std::ops::RangeInclusive<f64> = 0.5..=2.0;
    let [least, most] = names.map(|name| {
        let metric = Metric {
            case: "contended-16",
            param,
            name,
        };
        evidence.standing(metric, mode, engine)
    });
    match (least, most) {
        (Standing::Measured { median: least, .. }, Standing::Measured { median: most, .. }) => {
            let text = format!("{} – {}", format::digits(least), format::digits(most));
            if FAIR.contains(&least) && FAIR.contains(&most) {
                Entry::plain(text)
            } else {
                Entry::bad(text)
            }
        }
        (Standing::Without(summary), _) | (_, Standing::Without(summary)) => {
            Entry::bad(evidence::word(summary))
        }
        _ => Entry::faint("not planned"),
    }
}
