//! The charts of goroutine runtimes: what a goroutine costs as their number grows.

use super::curves::{Curve, Curves, Panel};
use super::scaling::{curve, over_n};
use super::{Svg, drawn, few};
use crate::error::ReportError;
use crate::evidence::Evidence;

/// One small chart: a case's metric over n.
struct Growth {
    name: &'static str,
    title: &'static str,
    case: &'static str,
    metric: &'static str,
    unit: &'static str,
}

const GROWTHS: [Growth; 4] = [
    Growth {
        name: "runtimes-spawn",
        title: "Time to spawn and join a goroutine, of n",
        case: "spawn-join",
        metric: "per-goroutine",
        unit: "ns",
    },
    Growth {
        name: "runtimes-parked",
        title: "Resident memory of a parked goroutine, of n",
        case: "parked",
        metric: "resident-per-goroutine",
        unit: "bytes",
    },
    Growth {
        name: "runtimes-wake",
        title: "Time to wake a parked goroutine, of n",
        case: "parked",
        metric: "per-wake",
        unit: "ns",
    },
    Growth {
        name: "runtimes-producers",
        title: "Time per message from n producers to one consumer",
        case: "producers",
        metric: "per-message",
        unit: "ns",
    },
];

/// The charts, as many as the run has figures for.
pub(crate) fn runtimes(evidence: &Evidence<'_>) -> Result<Vec<Svg>, ReportError> {
    let charts = GROWTHS.iter().map(|growth| chart(evidence, growth));
    let charts: Result<Vec<Option<Svg>>, ReportError> = charts.collect();
    Ok(charts?.into_iter().flatten().collect())
}

fn chart(evidence: &Evidence<'_>, growth: &Growth) -> Result<Option<Svg>, ReportError> {
    let stops = over_n(evidence, growth.case, growth.metric, &|_| true);
    let mut notes = Vec::new();
    let runtimes = evidence.runtimes().iter().enumerate();
    let named = runtimes.map(|(index, name)| (Some(index), name.as_str()));
    let go = evidence.go().map(|go| (None, go));
    let curves: Vec<Curve> = named
        .chain(go)
        .filter_map(|(series, name)| {
            let mode = evidence.mode_of(name);
            curve(evidence, mode, (series, name), &stops, &mut notes)
        })
        .collect();
    if curves.is_empty() {
        return Ok(None);
    }
    let curves = Curves {
        name: growth.name,
        title: growth.title.to_owned(),
        subtitle:
            "Median with its 95 % interval, both axes logarithmic; less is better. Dashed: Go."
                .to_owned(),
        description: format!(
            "For each goroutine runtime: {}, with Go's as a dashed line. The same figures stand in the tables of the report.",
            growth.title
        ),
        unit: growth.unit,
        horizontal: "goroutines n",
        stops: stops
            .into_iter()
            .map(|(place, label, _)| (place, label))
            .collect(),
        panels: vec![Panel {
            heading: String::new(),
            filled: true,
            curves,
        }],
        notes: few(notes),
    };
    drawn(growth.name, curves.draw())
}
