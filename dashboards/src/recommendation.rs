//! The recommendation, computed by the rule that `prose/rule.md` states to the reader. Change both
//! together.

use goish_results::record::{ConformanceOutcome, Mode};
use goish_results::statistics::Ratio;

use crate::evidence::{self, Evidence, Metric, Standing};
use crate::format;
use crate::verdict::SIX_METRICS;

/// The fan-in that an engine must finish to be recommended, when the run planned it.
const FAN_IN_BAR: Metric<'static> = Metric {
    case: "fan-in",
    param: "n=1000000",
    name: "per-message",
};

/// How one engine fares under the rule.
pub(crate) struct Candidate<'e> {
    pub(crate) engine: &'e str,
    /// Why it may not be recommended, in clauses; empty when it may.
    pub(crate) obstacles: Vec<String>,
    /// For an engine that may be recommended: its geometric mean over the six metrics, relative to
    /// the best such engine's.
    pub(crate) over_best: Option<Ratio>,
}

/// What the rule says.
pub(crate) enum Advice<'e> {
    /// Keep the current default.
    Keep { default: &'e str, because: String },
    /// Make another engine the default.
    Change {
        from: &'e str,
        to: &'e str,
        because: String,
    },
    /// The rule cannot be applied.
    None { because: String },
}

/// Applies the rule: gives what it says and how every engine fared.
pub(crate) fn recommend<'e>(
    evidence: &'e Evidence<'_>,
    default: &'e str,
) -> (Advice<'e>, Vec<Candidate<'e>>) {
    let mut candidates: Vec<Candidate<'e>> = evidence
        .engines()
        .iter()
        .map(|engine| Candidate {
            engine,
            obstacles: obstacles(evidence, engine),
            over_best: None,
        })
        .collect();
    let best = best_eligible(evidence, &candidates);
    if let Some(best) = best {
        for candidate in candidates.iter_mut().filter(|one| one.obstacles.is_empty()) {
            let metrics = SIX_METRICS.map(|seed| seed.metric);
            candidate.over_best = mean_ratio(evidence, &metrics, candidate.engine, best);
        }
    }
    let advice = advise(&candidates, default, best);
    (advice, candidates)
}

fn advise<'e>(candidates: &[Candidate<'e>], default: &'e str, best: Option<&'e str>) -> Advice<'e> {
    let Some(current) = candidates
        .iter()
        .find(|candidate| candidate.engine == default)
    else {
        return Advice::None {
            because: format!("the current default, {default}, is not part of this run"),
        };
    };
    let Some(best) = best else {
        return Advice::Keep {
            default,
            because: "no engine meets the conditions".to_owned(),
        };
    };
    if !current.obstacles.is_empty() {
        return Advice::Change {
            from: default,
            to: best,
            because: format!(
                "{default} does not meet the conditions ({}), and {best} is the best of those that do",
                format::listed(&current.obstacles)
            ),
        };
    }
    match current.over_best {
        _ if best == default => Advice::Keep {
            default,
            because: "it has the smallest mean over the six metrics of all engines that meet the conditions"
                .to_owned(),
        },
        Some(ratio) if ratio.lo > 1.0 => Advice::Change {
            from: default,
            to: best,
            because: format!(
                "over the six metrics {default} takes {} of what {best} takes",
                format::ratio(&ratio)
            ),
        },
        Some(ratio) => Advice::Keep {
            default,
            because: format!(
                "{best} has the smaller mean, but the interval of the ratio between them includes 1 ({})",
                format::ratio(&ratio)
            ),
        },
        None => Advice::Keep {
            default,
            because: format!("too few samples are paired with those of {best} to form a ratio"),
        },
    }
}

/// Of the engines without obstacles the one with the smallest geometric mean.
fn best_eligible<'e>(evidence: &Evidence<'_>, candidates: &[Candidate<'e>]) -> Option<&'e str> {
    let logarithm = |engine: &str| -> f64 {
        SIX_METRICS
            .iter()
            .map(
                |seed| match evidence.standing(seed.metric, Mode::Goish, engine) {
                    Standing::Measured { median, .. } => median.ln(),
                    Standing::Without(_) | Standing::NotPlanned => f64::INFINITY,
                },
            )
            .sum()
    };
    candidates
        .iter()
        .filter(|candidate| candidate.obstacles.is_empty())
        .map(|candidate| candidate.engine)
        .min_by(|left, right| logarithm(left).total_cmp(&logarithm(right)))
}

/// The geometric mean over these metrics of `engine` relative to `base`. Its interval is made of the
/// means of the ends, as if all metrics erred the same way: wider than it needs to be, never
/// narrower.
pub(crate) fn mean_ratio(
    evidence: &Evidence<'_>,
    metrics: &[Metric<'_>],
    engine: &str,
    base: &str,
) -> Option<Ratio> {
    let mut logarithms = (0.0, 0.0, 0.0);
    for metric in metrics {
        let comparison = evidence.compare(*metric, (Mode::Goish, engine), (Mode::Goish, base))?;
        if comparison.pairs < evidence::FEWEST_PAIRS {
            return None;
        }
        logarithms.0 += comparison.ratio.median.ln();
        logarithms.1 += comparison.ratio.lo.ln();
        logarithms.2 += comparison.ratio.hi.ln();
    }
    let mean = |sum: f64| (sum / metrics.len() as f64).exp();
    Some(Ratio {
        median: mean(logarithms.0),
        lo: mean(logarithms.1),
        hi: mean(logarithms.2),
    })
}

fn obstacles(evidence: &Evidence<'_>, engine: &str) -> Vec<String> {
    let mut obstacles = broken_promises(evidence, engine);
    let lacking: Vec<&str> = SIX_METRICS
        .iter()
        .filter(|seed| {
            !matches!(
                evidence.standing(seed.metric, Mode::Goish, engine),
                Standing::Measured { median, .. } if median > 0.0
            )
        })
        .map(|seed| seed.label)
        .collect();
    if !lacking.is_empty() {
        obstacles.push(format!("no figure for {}", format::listed(&lacking)));
    }
    if evidence.params(FAN_IN_BAR.case).contains(&FAN_IN_BAR.param) {
        let words = match evidence.standing(FAN_IN_BAR, Mode::Goish, engine) {
            Standing::Measured { .. } => None,
            Standing::Without(summary) => Some(evidence::word(summary)),
            Standing::NotPlanned => Some("not planned".to_owned()),
        };
        obstacles.extend(words.map(|word| format!("fan-in of 1,000,000 senders: {word}")));
    }
    obstacles
}

fn broken_promises(evidence: &Evidence<'_>, engine: &str) -> Vec<String> {
    let tried: Vec<_> = evidence
        .run
        .conformance
        .iter()
        .filter(|tried| tried.engine == engine)
        .collect();
    if tried.is_empty() {
        return vec!["its conformance was not recorded".to_owned()];
    }
    if tried
        .iter()
        .all(|tried| tried.outcome == ConformanceOutcome::Refused)
    {
        return vec![format!("every promise is refused: {}", tried[0].detail)];
    }
    let mut broken: Vec<String> = tried
        .into_iter()
        .filter_map(|tried| match tried.outcome {
            ConformanceOutcome::Fails => Some(format!("the promise {} fails", tried.promise)),
            ConformanceOutcome::Refused => {
                Some(format!("the promise {} is refused", tried.promise))
            }
            ConformanceOutcome::Holds | ConformanceOutcome::NotApplicable => None,
        })
        .collect();
    broken.sort_unstable();
    broken.dedup();
    broken
}
