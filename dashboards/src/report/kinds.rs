//! A recommendation for each kind of workload, by the rule that `prose/kinds.md` states.

use goish_results::record::Mode;
use goish_results::statistics::Ratio;

use crate::document::{Block, Entry, Table, Tone};
use crate::evidence::{Evidence, Metric, Standing};
use crate::format;
use crate::recommendation::{Candidate, mean_ratio};

/// A kind of workload: its name, and the cases that stand for it.
struct Workloads {
    label: &'static str,
    metrics: &'static [Metric<'static>],
}

const fn metric(case: &'static str, param: &'static str, name: &'static str) -> Metric<'static> {
    Metric { case, param, name }
}

const KINDS: [Workloads; 8] = [
    Workloads {
        label: "question and answer between two goroutines",
        metrics: &[metric("ping-pong", "", "round-trip")],
    },
    Workloads {
        label: "pipelines with small and large buffers",
        metrics: &[
            metric("prod-cons-1", "", "per-message"),
            metric("prod-cons-1024", "", "per-message"),
        ],
    },
    Workloads {
        label: "queues without a limit",
        metrics: &[metric("prod-cons-unbounded", "", "per-message")],
    },
    Workloads {
        label: "worker pools on one channel",
        metrics: &[
            metric("contended-16", "capacity=0", "per-message"),
            metric("contended-16", "capacity=16", "per-message"),
            metric("contended-16", "capacity=1024", "per-message"),
        ],
    },
    Workloads {
        label: "very many channels",
        metrics: &[
            metric("rss-100k", "capacity=0", "resident-per-channel"),
            metric("rss-100k", "capacity=16", "resident-per-channel"),
        ],
    },
    Workloads {
        label: "very many goroutines that wait",
        metrics: &[
            metric("parked-1m", "", "resident-per-goroutine"),
            metric("parked-1m", "", "per-wake"),
        ],
    },
    Workloads {
        label: "fan-in of very many senders",
        metrics: &[
            metric("fan-in", "n=100000", "per-message"),
            metric("fan-in", "n=1000000", "per-message"),
        ],
    },
    Workloads {
        label: "timeouts and select among many waiters",
        metrics: &[
            metric("cancel", "n=10000,order=fifo", "per-cancellation"),
            metric("cancel", "n=10000,order=lifo", "per-cancellation"),
            metric("cancel", "n=10000,order=random", "per-cancellation"),
        ],
    },
];

/// The section: for each kind the engine, how sure that is, and what it rests on.
pub(super) fn section(
    evidence: &Evidence<'_>,
    default: &str,
    candidates: &[Candidate<'_>],
) -> Vec<Block> {
    let eligible: Vec<&str> = candidates
        .iter()
        .filter(|candidate| candidate.obstacles.is_empty())
        .map(|candidate| candidate.engine)
        .collect();
    let rows: Vec<Vec<Entry>> = KINDS
        .iter()
        .map(|kind| row(evidence, default, &eligible, kind))
        .collect();
    vec![
        Block::heading(2, "kinds", "A recommendation for each kind of workload"),
        Block::Prose(include_str!("../prose/kinds.md")),
        Block::Table(Table {
            caption: "Which engine for which kind of workload".to_owned(),
            columns: [
                "kind of workload",
                "engine",
                "how sure",
                "the next, relative to it",
            ]
            .map(str::to_owned)
            .into(),
            rows,
        }),
    ]
}

fn row(evidence: &Evidence<'_>, default: &str, eligible: &[&str], kind: &Workloads) -> Vec<Entry> {
    let mut cases: Vec<String> = kind
        .metrics
        .iter()
        .map(|metric| crate::evidence::case_name(metric.case, metric.param))
        .collect();
    // One of two metrics stands for its case as well as both.
    cases.dedup();
    let label = Entry::plain(kind.label).with_detail(cases.join("; "));
    let ranked = ranked(evidence, eligible, kind.metrics);
    let [best, rivals @ ..] = ranked.as_slice() else {
        let nobody = "no engine has a figure for all of its cases";
        return vec![
            label,
            Entry::faint("–"),
            Entry::faint(nobody),
            Entry::faint("–"),
        ];
    };
    let ratios: Vec<(&str, Option<Ratio>)> = rivals
        .iter()
        .map(|rival| (*rival, mean_ratio(evidence, kind.metrics, rival, best)))
        .collect();
    let Some((next, over_best)) = ratios.first() else {
        return vec![
            label,
            Entry::plain(*best),
            Entry::plain("nothing to compare with"),
            Entry::faint("–"),
        ];
    };
    let apart = |ratio: &Option<Ratio>| ratio.is_some_and(|ratio| ratio.lo > 1.0);
    let equals: Vec<&str> = ratios
        .iter()
        .filter(|(_, ratio)| !apart(ratio))
        .map(|(rival, _)| *rival)
        .collect();
    let likely = over_best.is_some_and(|ratio| ratio.median > 1.0);
    let (engine, sure) = if equals.is_empty() {
        (
            *best,
            Entry {
                tone: Tone::Good,
                ..Entry::plain("certain")
            },
        )
    } else if *best == default {
        (
            *best,
            Entry::plain(format!(
                "the default; not told apart from {}",
                format::listed(&equals)
            )),
        )
    } else if equals.contains(&default) {
        let names = format::listed(&equals);
        (
            default,
            Entry::plain(format!("stays: {best} is not told apart from {names}")),
        )
    } else if likely {
        (
            *best,
            Entry::plain(format!(
                "likely; not told apart from {}",
                format::listed(&equals)
            )),
        )
    } else {
        (
            *best,
            Entry::plain(format!("no difference to {}", format::listed(&equals))),
        )
    };
    let next = match over_best {
        Some(ratio) => {
            let entry = Entry::ratio(ratio);
            Entry {
                text: format!("{next} to {best} {}", entry.text),
                ..entry
            }
        }
        None => Entry::faint("too few pairs"),
    };
    vec![label, Entry::plain(engine), sure, next]
}

/// The engines that have a figure for each of the cases, by their geometric mean.
fn ranked<'e>(
    evidence: &Evidence<'_>,
    eligible: &[&'e str],
    metrics: &[Metric<'_>],
) -> Vec<&'e str> {
    let mut ranked: Vec<(&str, f64)> = eligible
        .iter()
        .filter_map(|engine| {
            let logarithms = metrics.iter().map(|metric| {
                match evidence.standing(*metric, Mode::Goish, engine) {
                    Standing::Measured { median, .. } if median > 0.0 => Some(median.ln()),
                    _ => None,
                }
            });
            let sum: Option<f64> = logarithms.sum();
            Some((*engine, sum?))
        })
        .collect();
    ranked.sort_by(|left, right| left.1.total_cmp(&right.1));
    ranked.into_iter().map(|(engine, _)| engine).collect()
}
