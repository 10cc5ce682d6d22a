//! Who is the fastest or the leanest at one metric, and whether the samples can tell.

use goish_results::record::Mode;

use crate::evidence::{Comparison, Evidence, Metric, Standing};

/// One of the six metrics of the decision record that started the project.
#[derive(Clone, Copy)]
pub(crate) struct SeedMetric {
    /// Its name in that record.
    pub(crate) label: &'static str,
    pub(crate) metric: Metric<'static>,
}

/// The six metrics, in the order of that record.
pub(crate) const SIX_METRICS: [SeedMetric; 6] = [
    seed("ping-pong latency", "ping-pong", "", "round-trip"),
    seed("prod/cons (buf=1)", "prod-cons-1", "", "per-message"),
    seed("prod/cons (buf=1024)", "prod-cons-1024", "", "per-message"),
    seed(
        "prod/cons (unbounded)",
        "prod-cons-unbounded",
        "",
        "per-message",
    ),
    seed(
        "16 parallel sender/receiver",
        "contended-16",
        "capacity=16",
        "per-message",
    ),
    seed(
        "RSS for 100k channels",
        "rss-100k",
        "capacity=0",
        "resident-per-channel",
    ),
];

const fn seed(
    label: &'static str,
    case: &'static str,
    param: &'static str,
    name: &'static str,
) -> SeedMetric {
    SeedMetric {
        label,
        metric: Metric { case, param, name },
    }
}

/// Who wins a metric. Smaller is better for all of them.
pub(crate) enum Verdict<'e> {
    /// Every other engine's ratio to this one is above 1 throughout its interval.
    Winner {
        engine: &'e str,
        /// The next best, and how many times the winner's figure its own is.
        next: &'e str,
        over_winner: Comparison,
    },
    /// At least one other engine cannot be told apart from the one with the smallest median.
    NoClearWinner {
        smallest: &'e str,
        rival: &'e str,
        /// `None` when no ratio can be formed: no pair, or a zero.
        over_smallest: Option<Comparison>,
    },
    /// Only one engine has a figure.
    Alone(&'e str),
    /// No engine has one.
    Nobody,
}

/// Decides one metric in one mode.
pub(crate) fn decide<'e>(
    evidence: &'e Evidence<'_>,
    metric: Metric<'_>,
    mode: Mode,
) -> Verdict<'e> {
    let ranked = ranked(evidence, metric, mode);
    let (best, rivals) = match ranked.as_slice() {
        [] => return Verdict::Nobody,
        [only] => return Verdict::Alone(only),
        [best, rivals @ ..] => (*best, rivals),
    };
    let mut next = None;
    for rival in rivals {
        match evidence.compare(metric, (mode, rival), (mode, best)) {
            Some(comparison) if comparison.is_above_one() => {
                next.get_or_insert((*rival, comparison));
            }
            over_smallest => {
                return Verdict::NoClearWinner {
                    smallest: best,
                    rival,
                    over_smallest,
                };
            }
        }
    }
    match next {
        Some((next, over_winner)) => Verdict::Winner {
            engine: best,
            next,
            over_winner,
        },
        None => Verdict::Alone(best),
    }
}

/// The engines that have a figure, the smallest first.
fn ranked<'e>(evidence: &'e Evidence<'_>, metric: Metric<'_>, mode: Mode) -> Vec<&'e str> {
    let mut measured: Vec<(&str, f64)> = evidence
        .engines()
        .iter()
        .filter_map(|engine| match evidence.standing(metric, mode, engine) {
            Standing::Measured { median, .. } => Some((engine.as_str(), median)),
            Standing::Without(_) | Standing::NotPlanned => None,
        })
        .collect();
    measured.sort_by(|left, right| left.1.total_cmp(&right.1));
    measured.into_iter().map(|(engine, _)| engine).collect()
}
