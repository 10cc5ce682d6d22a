//! The charts made of rows: one figure for each engine and mode.

use goish_results::record::Mode;
use goish_results::summary::Summary;

use super::dots::{Dots, EngineRows, Group, Mark, Row};
use super::{Svg, drawn, few};
use crate::error::ReportError;
use crate::evidence::{self, Evidence, Metric, Standing};

/// One group of rows before it is filled: its heading and its figure.
type Wanted<'n> = (String, Metric<'n>);

/// What sets one chart of rows apart from the others.
struct About {
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    subject: &'static str,
}

/// ns per message of every case that moves messages.
pub(crate) fn per_message(evidence: &Evidence<'_>) -> Result<Option<Svg>, ReportError> {
    const CASES: [&str; 4] = [
        "prod-cons-1",
        "prod-cons-1024",
        "prod-cons-unbounded",
        "contended-16",
    ];
    let wanted = CASES
        .iter()
        .flat_map(|case| of_case(evidence, case, "per-message", ""));
    let about = About {
        name: "per-message",
        title: "Time per message",
        unit: "ns",
        subject: "the time per message",
    };
    chart(evidence, &about, wanted.collect())
}

/// Bytes per channel, resident and by the allocator's count.
pub(crate) fn bytes_per_channel(evidence: &Evidence<'_>) -> Result<Option<Svg>, ReportError> {
    let resident = of_case(evidence, "rss-100k", "resident-per-channel", ", resident");
    let heap = of_case(evidence, "rss-100k", "heap-per-channel", ", heap");
    let about = About {
        name: "bytes-per-channel",
        title: "Memory per channel, of 100,000",
        unit: "bytes",
        subject: "the bytes per channel",
    };
    chart(evidence, &about, resident.into_iter().chain(heap).collect())
}

/// Bytes per parked goroutine, resident and by the allocator's count.
pub(crate) fn bytes_per_goroutine(evidence: &Evidence<'_>) -> Result<Option<Svg>, ReportError> {
    let resident = of_case(
        evidence,
        "parked-1m",
        "resident-per-goroutine",
        ", resident",
    );
    let heap = of_case(evidence, "parked-1m", "heap-per-goroutine", ", heap");
    let about = About {
        name: "bytes-per-goroutine",
        title: "Memory per parked goroutine, of 1,000,000",
        unit: "bytes",
        subject: "the bytes per parked goroutine",
    };
    chart(evidence, &about, resident.into_iter().chain(heap).collect())
}

/// ns to spawn and join a goroutine, and to wake a parked one by closing its channel.
pub(crate) fn spawn(evidence: &Evidence<'_>) -> Result<Option<Svg>, ReportError> {
    let spawn = of_case(evidence, "spawn-1m", "per-goroutine", ", spawn to join");
    let wake = of_case(evidence, "parked-1m", "per-wake", ", wake by close");
    let about = About {
        name: "spawn",
        title: "Time per goroutine, of 1,000,000",
        unit: "ns",
        subject: "the time per goroutine",
    };
    chart(evidence, &about, spawn.into_iter().chain(wake).collect())
}

/// A group for each parameter of a case.
fn of_case<'n>(
    evidence: &Evidence<'n>,
    case: &'n str,
    name: &'n str,
    suffix: &str,
) -> Vec<Wanted<'n>> {
    let group = |param: &'n str| {
        let heading = evidence::case_name(case, param) + suffix;
        (heading, Metric { case, param, name })
    };
    evidence.params(case).into_iter().map(group).collect()
}

fn chart(
    evidence: &Evidence<'_>,
    about: &About,
    wanted: Vec<Wanted<'_>>,
) -> Result<Option<Svg>, ReportError> {
    let mut notes = Vec::new();
    let groups: Vec<Group> = wanted
        .into_iter()
        .map(|(heading, metric)| {
            let engines = engine_rows(evidence, metric, &mut notes);
            let reference = evidence.go_median(metric);
            Group {
                heading,
                engines,
                reference,
            }
        })
        .filter(|group| !group.engines.is_empty())
        .collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let dots = Dots {
        name: about.name,
        title: about.title.to_owned(),
        subtitle: "Median, on a logarithmic axis; less is better.".to_owned(),
        description: format!(
            "For each engine, raw and goish: {} as a median with its interval and every sample, on a logarithmic axis. The same figures stand in the tables of the report.",
            about.subject
        ),
        unit: about.unit,
        groups,
        notes: few(notes),
    };
    drawn(about.name, dots.draw())
}

fn engine_rows(
    evidence: &Evidence<'_>,
    metric: Metric<'_>,
    notes: &mut Vec<String>,
) -> Vec<EngineRows> {
    let mut engines = Vec::new();
    for (engine, name) in evidence.series().iter().enumerate() {
        let mut rows = Vec::new();
        for mode in [Mode::Raw, Mode::Goish] {
            let standing = evidence.standing(metric, mode, name);
            notes.extend(standing.summary().and_then(evidence::remark));
            let mark = match standing {
                Standing::Measured { median, summary } => measured(median, summary),
                Standing::Without(summary) => Mark::Word(evidence::word(summary)),
                Standing::NotPlanned => continue,
            };
            rows.push(Row {
                filled: mode == Mode::Goish,
                mark,
            });
        }
        if !rows.is_empty() {
            engines.push(EngineRows {
                engine,
                name: name.clone(),
                rows,
            });
        }
    }
    engines
}

fn measured(median: f64, summary: &Summary) -> Mark {
    Mark::Measured {
        median,
        interval: summary.lo.zip(summary.hi),
        samples: summary.values.clone(),
    }
}
