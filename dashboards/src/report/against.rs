//! Today's goish against Go, against goish on other schedulers, and against goish as it was published.

use goish_results::record::{Kind, Mode};

use crate::document::{Block, Entry, Table};
use crate::evidence::{self, Comparison, Evidence, FEWEST_PAIRS, Metric, Standing};
use crate::format;

/// The section; nothing for a run that measured neither.
pub(super) fn section(evidence: &Evidence<'_>, default: &str) -> Vec<Block> {
    let rivals = rivals(evidence);
    if rivals.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![
        Block::heading(2, "go", "Against Go"),
        Block::Prose(include_str!("../prose/against.md")),
        Block::Answer(answer(evidence, default, &rivals)),
        Block::Table(table(evidence, default)),
    ];
    let remarks = remarks(evidence, &rivals);
    if !remarks.is_empty() {
        blocks.push(Block::List(remarks));
    }
    blocks
}

/// Go, goish on its other schedulers and published goish, those that the run measured.
fn rivals<'e>(evidence: &Evidence<'e>) -> Vec<&'e str> {
    let kinds = [Kind::Go, Kind::Scheduler, Kind::Published];
    kinds
        .into_iter()
        .flat_map(|kind| evidence.all(kind))
        .collect()
}

/// The cases that the default engine and a rival both were planned for; fairness apart, on which
/// nobody is ahead of anybody.
fn metrics<'e>(evidence: &Evidence<'e>, default: &str, rivals: &[&str]) -> Vec<Metric<'e>> {
    let planned = |metric: &Metric<'_>, name: &str| {
        let standing = evidence.standing(*metric, Mode::Goish, name);
        standing.summary().is_some()
    };
    let contested = |metric: &Metric<'_>| {
        planned(metric, default) && rivals.iter().any(|rival| planned(metric, rival))
    };
    evidence.headlines().into_iter().filter(contested).collect()
}

/// One row for each case, two columns for each rival.
fn table(evidence: &Evidence<'_>, default: &str) -> Table {
    let rivals = rivals(evidence);
    let mut columns = vec!["case".to_owned(), format!("goish ({default})")];
    for rival in &rivals {
        columns.extend([(*rival).to_owned(), format!("goish relative to {rival}")]);
    }
    let row = |metric: Metric<'_>| {
        let name = evidence::case_name(metric.case, metric.param);
        let own = super::six_metrics::figure(evidence, metric, Mode::Goish, default);
        let mut row = vec![Entry::plain(name).with_detail(metric.name), own];
        for rival in &rivals {
            row.push(super::six_metrics::figure(
                evidence,
                metric,
                Mode::Goish,
                rival,
            ));
            row.push(ratio(evidence, metric, default, rival));
        }
        row
    };
    Table {
        caption: format!("goish with {default} against {}", format::listed(&rivals)),
        columns,
        rows: metrics(evidence, default, &rivals)
            .into_iter()
            .map(row)
            .collect(),
    }
}

fn ratio(evidence: &Evidence<'_>, metric: Metric<'_>, default: &str, rival: &str) -> Entry {
    match evidence.compare(metric, (Mode::Goish, default), (Mode::Goish, rival)) {
        None => Entry::faint("–"),
        Some(comparison) => {
            let entry = Entry::ratio(&comparison.ratio);
            match standing(&comparison) {
                Side::Ahead => Entry {
                    tone: crate::document::Tone::Good,
                    ..entry
                },
                Side::Behind => Entry {
                    tone: crate::document::Tone::Bad,
                    ..entry
                },
                Side::Even => entry,
            }
        }
    }
}

/// Where goish stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ahead,
    Behind,
    Even,
}

fn standing(comparison: &Comparison) -> Side {
    match comparison.ratio {
        _ if comparison.pairs < FEWEST_PAIRS => Side::Even,
        ratio if ratio.hi < 1.0 => Side::Ahead,
        ratio if ratio.lo > 1.0 => Side::Behind,
        _ => Side::Even,
    }
}

/// The cases on which the default engine is behind a rival, with the ratio.
pub(super) fn behind(evidence: &Evidence<'_>, default: &str, rival: &str) -> Vec<String> {
    let compared = metrics(evidence, default, &[rival])
        .into_iter()
        .filter_map(|metric| {
            let both = ((Mode::Goish, default), (Mode::Goish, rival));
            let comparison = evidence.compare(metric, both.0, both.1)?;
            (standing(&comparison) == Side::Behind).then(|| {
                let case = evidence::case_name(metric.case, metric.param);
                format!("{case} {}", format::ratio(&comparison.ratio))
            })
        });
    compared.collect()
}

fn answer(evidence: &Evidence<'_>, default: &str, rivals: &[&str]) -> String {
    let sentences = rivals.iter().map(|rival| {
        let mut sides = [0, 0, 0];
        let mut total = 0;
        for metric in metrics(evidence, default, &[rival]) {
            let both = ((Mode::Goish, default), (Mode::Goish, *rival));
            if let Some(comparison) = evidence.compare(metric, both.0, both.1) {
                total += 1;
                sides[standing(&comparison) as usize] += 1;
            }
        }
        let [ahead, behind, even] = sides;
        format!(
            "Of {} that {rival} has a figure for, goish with {default} is ahead in {ahead}, behind in {behind}, and cannot be told apart in {even}.",
            format::counted(total, "case")
        )
    });
    sentences.collect::<Vec<_>>().join(" ")
}

fn remarks(evidence: &Evidence<'_>, rivals: &[&str]) -> Vec<String> {
    let of_rivals = evidence
        .summaries
        .iter()
        .filter(|summary| summary.headline && rivals.contains(&summary.engine.as_str()));
    let missing = of_rivals.filter(|summary| {
        let metric = Metric {
            case: &summary.case,
            param: &summary.param,
            name: &summary.metric,
        };
        let standing = evidence.standing(metric, summary.mode, &summary.engine);
        !matches!(standing, Standing::Measured { .. })
    });
    missing.filter_map(evidence::remark).collect()
}
