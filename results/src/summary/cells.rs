//! From rows to cells, and from a cell to its summaries.

use std::collections::BTreeMap;

use super::{Line, Status, Summary, words};
use crate::catalogue;
use crate::record::{Cell, Figure, Outcome, Row, RuntimeFigures};
use crate::statistics::{bootstrap_median, median, outliers};
use crate::store::Run;

/// What a run planned and recorded of one cell.
pub(super) struct Samples<'run> {
    pub(super) cell: &'run Cell,
    pub(super) planned: usize,
    /// By the samples' numbers.
    pub(super) rows: Vec<&'run Row>,
}

impl Samples<'_> {
    /// The worst that a sample came to, for one metric: what a sample measured to its end before it
    /// passed its deadline is well.
    fn status_of(&self, metric: &Metric) -> Status {
        let gave = |row: &Row| given_by(row).iter().any(|figure| metric.is(figure));
        self.rows
            .iter()
            .map(|row| if gave(row) { Status::Ok } else { status(row) })
            .max()
            .unwrap_or(Status::Missing)
    }

    /// The worst that a sample came to.
    pub(super) fn status(&self) -> Status {
        self.rows
            .iter()
            .map(|row| status(row))
            .max()
            .unwrap_or(Status::Missing)
    }

    /// The figures of the samples that gave some.
    fn figures(&self) -> impl Iterator<Item = (u32, &[Figure])> {
        self.rows.iter().map(|row| (row.sample, given_by(row)))
    }
}

/// The figures of one sample.
fn given_by(row: &Row) -> &[Figure] {
    match &row.outcome {
        Outcome::Ok { figures } | Outcome::Dnf { figures, .. } => figures,
        Outcome::Error { .. } | Outcome::Refused { .. } => &[],
    }
}

/// What one row came to.
pub(super) fn status(row: &Row) -> Status {
    match row.outcome {
        Outcome::Ok { .. } => Status::Ok,
        Outcome::Dnf { .. } => Status::Dnf,
        Outcome::Error { .. } => Status::Error,
        Outcome::Refused { .. } => Status::Refused,
    }
}

/// Sorts what was planned and what was recorded into cells.
pub(super) fn collect(run: &Run) -> Vec<Samples<'_>> {
    let mut cells: BTreeMap<&Cell, Samples<'_>> = BTreeMap::new();
    let entry = |cell| Samples {
        cell,
        planned: 0,
        rows: Vec::new(),
    };
    for planned in &run.header.plan {
        cells
            .entry(&planned.cell)
            .or_insert_with(|| entry(&planned.cell))
            .planned += 1;
    }
    for row in &run.rows {
        cells
            .entry(&row.cell)
            .or_insert_with(|| entry(&row.cell))
            .rows
            .push(row);
    }
    let mut cells: Vec<Samples<'_>> = cells.into_values().collect();
    for cell in &mut cells {
        cell.rows.sort_by_key(|row| (row.sample, row.order));
    }
    cells
}

/// The summaries of every cell.
pub(super) fn summarise(cells: &[Samples<'_>], run: &Run) -> Vec<Line> {
    cells
        .iter()
        .flat_map(|cell| {
            metrics(cell, cells)
                .into_iter()
                .map(|metric| line(cell, &metric, run))
        })
        .collect()
}

/// A metric that a cell is to have a line for.
struct Metric {
    name: String,
    unit: String,
    headline: bool,
}

impl Metric {
    fn is(&self, figure: &Figure) -> bool {
        figure.metric == self.name && figure.unit == self.unit && !is_uncounted(figure)
    }
}

/// Whether this is what a program reports that does not count its heap, as some of the field's did
/// not when their first runs were recorded: nothing that is measured here has none.
fn is_uncounted(figure: &Figure) -> bool {
    figure.metric.starts_with("heap-per-") && figure.value == 0.0
}

/// The metrics of a cell: those that its samples gave; where some failed, also those that the case is
/// known for and those that other cells of the case gave.
fn metrics(cell: &Samples<'_>, cells: &[Samples<'_>]) -> Vec<Metric> {
    let mut found = given(std::iter::once(cell));
    if found.is_empty() || cell.status() != Status::Ok {
        let known = catalogue::metrics(&cell.cell.case).iter();
        let known = known.map(|(name, unit)| ((*name).to_owned(), (*unit).to_owned()));
        let same_case = cells
            .iter()
            .filter(|other| other.cell.case == cell.cell.case);
        for metric in known.chain(given(same_case)) {
            if !found.contains(&metric) {
                found.push(metric);
            }
        }
    }
    if found.is_empty() {
        found.push((String::new(), String::new()));
    }
    let headline = match catalogue::metrics(&cell.cell.case) {
        [(headline, _), ..] => (*headline).to_owned(),
        [] => found[0].0.clone(),
    };
    found
        .into_iter()
        .map(|(name, unit)| Metric {
            headline: name == headline,
            name,
            unit,
        })
        .collect()
}

/// The metrics and units that the samples of these cells gave, each once, in the order of first
/// appearance.
fn given<'run>(cells: impl Iterator<Item = &'run Samples<'run>>) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for (_, figures) in cells.flat_map(Samples::figures) {
        for figure in figures {
            if !found
                .iter()
                .any(|(name, unit)| *name == figure.metric && *unit == figure.unit)
            {
                found.push((figure.metric.clone(), figure.unit.clone()));
            }
        }
    }
    found
}

/// The summary of one metric of a cell, without its ratio.
fn line(cell: &Samples<'_>, metric: &Metric, run: &Run) -> Line {
    let (numbers, values): (Vec<u32>, Vec<f64>) = cell
        .figures()
        .flat_map(|(number, figures)| figures.iter().map(move |figure| (number, figure)))
        .filter(|(_, figure)| metric.is(figure))
        .map(|(number, figure)| (number, figure.value))
        .unzip();
    let (status, reason) = ending(cell, &values, metric, &run.header.id);
    let middle = median(&values).filter(|_| status == Status::Ok);
    let interval = middle.and_then(|_| bootstrap_median(&values));
    let furthest = furthest(cell);
    let summary = Summary {
        case: cell.cell.case.clone(),
        param: cell.cell.param.clone(),
        mode: cell.cell.mode,
        engine: cell.cell.engine.clone(),
        metric: metric.name.clone(),
        unit: metric.unit.clone(),
        median: middle,
        lo: interval.map(|interval| interval.lo),
        hi: interval.map(|interval| interval.hi),
        ratio_to_best: None,
        ratio_lo: None,
        ratio_hi: None,
        samples: cell.rows.len(),
        planned: cell.planned,
        status,
        reason,
        note: words::note(cell),
        delivered: furthest.map(|(delivered, _)| delivered),
        expected: furthest.map(|(_, expected)| expected),
        engine_version: engine_version(cell, run),
        outliers: outliers(&values).len(),
        headline: metric.headline,
        values,
        runtime: runtime(cell),
    };
    Line { summary, numbers }
}

/// How a metric of a cell ended, and why. Samples that are all well and give no figure leave
/// nothing to show, which is not the same as being well.
fn ending(
    cell: &Samples<'_>,
    values: &[f64],
    metric: &Metric,
    run: &str,
) -> (Status, Option<String>) {
    match cell.status_of(metric) {
        Status::Ok if median(values).is_none() => {
            let reason = format!("none of the {} samples gave this figure", cell.rows.len());
            (Status::Missing, Some(reason))
        }
        Status::Ok if cell.status() == Status::Dnf => (Status::Ok, None),
        status => (status, words::reason(cell, values, &metric.unit, run)),
    }
}

/// How far the furthest of the samples that did not finish got.
fn furthest(cell: &Samples<'_>) -> Option<(u64, u64)> {
    let ends = cell.rows.iter().filter_map(|row| match row.outcome {
        Outcome::Dnf {
            delivered,
            expected,
            ..
        } => Some((delivered, expected)),
        _ => None,
    });
    ends.max_by_key(|(delivered, _)| *delivered)
}

/// The version that the rows name; the header's where there are no rows.
fn engine_version(cell: &Samples<'_>, run: &Run) -> String {
    let rows = cell.rows.iter().map(|row| row.engine_version.as_str());
    let named = words::distinct(rows).join(", ");
    if !named.is_empty() {
        return named;
    }
    run.header
        .engine_versions
        .get(&cell.cell.engine)
        .cloned()
        .unwrap_or_default()
}

/// The median of each of tokio's figures.
fn runtime(cell: &Samples<'_>) -> Option<RuntimeFigures> {
    let all: Vec<&RuntimeFigures> = cell
        .rows
        .iter()
        .filter_map(|row| row.runtime.as_ref())
        .collect();
    if all.is_empty() {
        return None;
    }
    let shares: Vec<f64> = all.iter().map(|figures| figures.busy_ratio).collect();
    let middle = |of: fn(&RuntimeFigures) -> u64| {
        middle_count(all.iter().map(|figures| of(figures)).collect()).unwrap_or(0)
    };
    let middle_known = |of: fn(&RuntimeFigures) -> Option<u64>| {
        middle_count(all.iter().filter_map(|figures| of(figures)).collect())
    };
    Some(RuntimeFigures {
        workers: middle(|figures| figures.workers),
        busy_ratio: median(&shares).unwrap_or(0.0),
        parks: middle(|figures| figures.parks),
        global_queue_depth: middle(|figures| figures.global_queue_depth),
        live_tasks: middle(|figures| figures.live_tasks),
        polls: middle_known(|figures| figures.polls),
        steals: middle_known(|figures| figures.steals),
    })
}

/// The median of counts; of an even number of them the lower middle one, which stays a count.
fn middle_count(mut counts: Vec<u64>) -> Option<u64> {
    counts.sort_unstable();
    counts.get(counts.len().checked_sub(1)? / 2).copied()
}
