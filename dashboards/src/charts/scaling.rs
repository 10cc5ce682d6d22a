//! The charts made of curves: percentiles, and what a message or a cancellation costs as n grows.

use goish_results::record::Mode;
use goish_results::summary::Status;

use super::curves::{Curve, Curves, Panel, Point};
use super::{Svg, drawn, few};
use crate::error::ReportError;
use crate::evidence::{self, Evidence, Metric, Standing};
use crate::format;

/// One place on the horizontal axis: where, its label, and the figure that stands there.
pub(super) type Stop<'n> = (f64, String, Metric<'n>);

/// What sets one chart of curves apart from the others.
struct About {
    name: &'static str,
    title: String,
    horizontal: &'static str,
    subject: &'static str,
}

/// The latency percentiles of a round trip.
pub(crate) fn percentiles(evidence: &Evidence<'_>) -> Result<Option<Svg>, ReportError> {
    const PERCENTILES: [(&str, &str); 5] = [
        ("p50", "round-trip-p50"),
        ("p90", "round-trip-p90"),
        ("p99", "round-trip-p99"),
        ("p99.9", "round-trip-p99.9"),
        ("max", "round-trip-max"),
    ];
    let stops = PERCENTILES
        .iter()
        .enumerate()
        .map(|(index, (label, name))| {
            let metric = Metric {
                case: "ping-pong",
                param: "",
                name,
            };
            (index as f64, (*label).to_owned(), metric)
        });
    let about = About {
        name: "ping-pong",
        title: "Ping-pong: time of a round trip".to_owned(),
        horizontal: "percentile of one sample's round trips",
        subject: "the time of a round trip at five percentiles",
    };
    chart(evidence, &about, stops.collect())
}

/// ns per message while n senders are parked.
pub(crate) fn fan_in(evidence: &Evidence<'_>) -> Result<Option<Svg>, ReportError> {
    let stops = over_n(evidence, "fan-in", "per-message", &|param| {
        !param.contains(',')
    });
    let about = About {
        name: "fan-in",
        title: "Fan-in: time per message with n senders parked".to_owned(),
        horizontal: "senders n",
        subject: "the time per message as the number of parked senders grows",
    };
    chart(evidence, &about, stops)
}

/// ns per cancelled receive, one chart for each order of cancelling.
pub(crate) fn cancel(evidence: &Evidence<'_>) -> Result<Vec<Svg>, ReportError> {
    const ORDERS: [(&str, &str, &str); 3] = [
        ("cancel-fifo", "order=fifo", "oldest first"),
        ("cancel-lifo", "order=lifo", "newest first"),
        ("cancel-random", "order=random", "in random order"),
    ];
    let mut charts = Vec::new();
    for (name, order, words) in ORDERS {
        let stops = over_n(evidence, "cancel", "per-cancellation", &|param| {
            param.split(',').any(|part| part == order)
        });
        let about = About {
            name,
            title: format!("Cancel: time per dropped receive, {words}"),
            horizontal: "parked receives n",
            subject: "the time per cancellation as the number of parked receives grows",
        };
        charts.extend(chart(evidence, &about, stops)?);
    }
    Ok(charts)
}

/// The n of a parameter such as `n=1000,order=fifo`; `None` for a range such as that of growth.
fn n_of(param: &str) -> Option<f64> {
    let value = param.split(',').find_map(|part| part.strip_prefix("n="))?;
    value
        .parse::<u64>()
        .ok()
        .filter(|n| *n > 0)
        .map(|n| n as f64)
}

pub(super) fn over_n<'n>(
    evidence: &Evidence<'n>,
    case: &'n str,
    name: &'n str,
    wanted: &dyn Fn(&str) -> bool,
) -> Vec<Stop<'n>> {
    let mut stops: Vec<Stop<'_>> = evidence
        .params(case)
        .into_iter()
        .filter(|param| wanted(param))
        .filter_map(|param| {
            let n = n_of(param)?;
            Some((
                n.log10(),
                format::short_count(n),
                Metric { case, param, name },
            ))
        })
        .collect();
    stops.sort_by(|left, right| left.0.total_cmp(&right.0));
    stops
}

fn chart(
    evidence: &Evidence<'_>,
    about: &About,
    stops: Vec<Stop<'_>>,
) -> Result<Option<Svg>, ReportError> {
    let mut notes = Vec::new();
    let panels: Vec<Panel> = [Mode::Goish, Mode::Raw]
        .into_iter()
        .filter_map(|mode| panel(evidence, mode, &stops, &mut notes))
        .collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let curves = Curves {
        name: about.name,
        title: about.title.clone(),
        subtitle: "Median with its 95 % interval, on a logarithmic axis; less is better."
            .to_owned(),
        description: format!(
            "For each engine, goish and raw: {}, on a logarithmic axis. The same figures stand in the tables of the report.",
            about.subject
        ),
        unit: "ns",
        horizontal: about.horizontal,
        stops: stops
            .into_iter()
            .map(|(place, label, _)| (place, label))
            .collect(),
        panels,
        notes: few(notes),
    };
    drawn(about.name, curves.draw())
}

fn panel(
    evidence: &Evidence<'_>,
    mode: Mode,
    stops: &[Stop<'_>],
    notes: &mut Vec<String>,
) -> Option<Panel> {
    let mut curves: Vec<Curve> = evidence
        .series()
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let series = Some(index);
            curve(evidence, mode, (series, name), stops, notes)
        })
        .collect();
    let heading = match mode {
        Mode::Goish => "goish: with Go's rules",
        Mode::Raw => "raw: the engine's own API",
    };
    if curves.is_empty() {
        return None;
    }
    // Go stands in every panel, as the line to compare with.
    let go = evidence.go();
    curves.extend(go.and_then(|go| curve(evidence, Mode::Goish, (None, go), stops, notes)));
    Some(Panel {
        heading: heading.to_owned(),
        filled: mode == Mode::Goish,
        curves,
    })
}

pub(super) fn curve(
    evidence: &Evidence<'_>,
    mode: Mode,
    (series, name): (Option<usize>, &str),
    stops: &[Stop<'_>],
    notes: &mut Vec<String>,
) -> Option<Curve> {
    let mut curve = Curve {
        series,
        name: name.to_owned(),
        points: Vec::new(),
        unfinished: Vec::new(),
    };
    let mut planned = false;
    for (x, _, metric) in stops {
        let standing = evidence.standing(*metric, mode, name);
        planned |= standing.summary().is_some();
        notes.extend(standing.summary().and_then(evidence::remark));
        match standing {
            Standing::Measured { median, summary } => {
                let interval = summary.lo.zip(summary.hi);
                curve.points.push(Point {
                    x: *x,
                    median,
                    interval,
                });
            }
            Standing::Without(summary) if summary.status == Status::Dnf => {
                let got = evidence::share(summary).unwrap_or_default();
                curve.unfinished.push((*x, got));
            }
            Standing::Without(_) | Standing::NotPlanned => {}
        }
    }
    planned.then_some(curve)
}
