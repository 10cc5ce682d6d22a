//! What would make us reconsider: the record's reasons and our own, each decided by the run's rows.

use goish_results::record::{Kind, Mode};

use super::open_points::growth_in_words;
use super::{against, allocator, options, schedulers};
use crate::document::{Block, Entry, Table};
use crate::evidence::{Evidence, Metric, Standing};
use crate::format;
use crate::recommendation::Advice;

/// One reason to think again.
struct Trigger {
    /// What it is, and the rule that decides it.
    reason: &'static str,
    rule: &'static str,
    answer: Answer,
}

/// What the rows say of it.
enum Answer {
    True(String),
    False(String),
    /// The run has no rows that decide it.
    Unknown(String),
}

/// The section.
pub(super) fn section(evidence: &Evidence<'_>, default: &str, advice: &Advice<'_>) -> Vec<Block> {
    vec![
        Block::heading(2, "reconsider", "What would make us reconsider"),
        Block::Prose(include_str!("../prose/reconsider.md")),
        Block::Table(table(&triggers(evidence, default, advice))),
    ]
}

fn table(triggers: &[Trigger]) -> Table {
    let row = |trigger: &Trigger| {
        let (word, words) = match &trigger.answer {
            Answer::True(words) => (Entry::bad("TRUE"), words),
            Answer::False(words) => (Entry::good("FALSE"), words),
            Answer::Unknown(words) => (Entry::faint("not measured"), words),
        };
        vec![
            Entry::plain(trigger.reason).with_detail(trigger.rule),
            word,
            Entry::plain(format::sentence(words)),
        ]
    };
    Table {
        caption: "Reasons to reconsider".to_owned(),
        columns: [
            "reason, and the rule that decides it",
            "now",
            "the evidence",
        ]
        .map(str::to_owned)
        .into(),
        rows: triggers.iter().map(row).collect(),
    }
}

fn triggers(evidence: &Evidence<'_>, default: &str, advice: &Advice<'_>) -> Vec<Trigger> {
    vec![
        Trigger {
            reason: "A runtime beats tokio on goroutine-heavy work (the record's first)",
            rule: "one that finishes every goroutine case and is ahead of tokio-spawn in each of its figures at the largest n",
            answer: runtime(evidence),
        },
        Trigger {
            reason: "Tokio gains a rendezvous channel of many receivers (the record's second)",
            rule: "tokio::sync::mpsc has a figure for contended-16 at capacity 0",
            answer: rendezvous(evidence),
        },
        Trigger {
            reason: "O(n) contention of flume is a real bottleneck (the record's third)",
            rule: "flume, raw, does not finish the largest fan-in, or costs more than twice per message there what it costs at n = 1000",
            answer: contention(evidence),
        },
        Trigger {
            reason: "Go is faster than goish somewhere",
            rule: "a case whose ratio of the default engine to Go is above 1 throughout its interval",
            answer: slower_than_go(evidence, default),
        },
        Trigger {
            reason: "Another engine should be the default",
            rule: "the recommendation above",
            answer: other_engine(advice),
        },
        Trigger {
            reason: "Another scheduler should be the default",
            rule: "the scheduler's rule above",
            answer: other_scheduler(evidence, default),
        },
        Trigger {
            reason: "The default engine's own fan-in grows with n",
            rule: "more than twice per message at the largest n what it is at n = 1000",
            answer: growth(evidence, default),
        },
        Trigger {
            reason: "The allocator costs more than the scheduler",
            rule: "with mimalloc, spawn-1m takes less than half of its time with the system's allocator",
            answer: allocation(evidence, default),
        },
    ]
}

fn runtime(evidence: &Evidence<'_>) -> Answer {
    const INCUMBENT: &str = "tokio-spawn";
    let contests = options::contests(evidence);
    let planned = evidence.runtimes().iter().any(|name| name == INCUMBENT);
    if !planned || contests.is_empty() {
        return Answer::Unknown(
            "this run measured no other runtime; cargo lab run --field does".to_owned(),
        );
    }
    let base = (evidence.mode_of(INCUMBENT), INCUMBENT);
    let mut words = Vec::new();
    let mut beaten = false;
    for rival in evidence.runtimes() {
        let of_goish = rival == "goish" || evidence.only(Kind::Published) == Some(rival);
        if rival == INCUMBENT || of_goish {
            continue;
        }
        let mode = evidence.mode_of(rival);
        let ahead: Vec<String> = contests
            .iter()
            .filter(|metric| {
                let comparison = evidence.compare(**metric, (mode, rival), base);
                comparison.is_some_and(|comparison| comparison.is_below_one())
            })
            .map(options::contest_name)
            .collect();
        let finishes = options::meets_the_bar(evidence, rival);
        beaten |= finishes && ahead.len() == contests.len();
        let bar = if finishes { "" } else { ", and fails the bar" };
        words.push(format!(
            "{rival} is ahead in {} of {}{bar}",
            ahead.len(),
            contests.len()
        ));
    }
    let words = words.join("; ");
    if beaten {
        Answer::True(words)
    } else {
        Answer::False(words)
    }
}

fn rendezvous(evidence: &Evidence<'_>) -> Answer {
    const TOKIO: &str = "tokio-mpsc";
    let metric = Metric {
        case: "contended-16",
        param: "capacity=0",
        name: "per-message",
    };
    let versions = &evidence.run.header.engine_versions;
    let version = versions.get(TOKIO).map_or("tokio", String::as_str);
    match evidence.standing(metric, Mode::Raw, TOKIO) {
        Standing::Measured { .. } => Answer::True(format!("{version} was measured there")),
        Standing::Without(summary) => Answer::False(format!(
            "{version}: {}",
            summary.reason.as_deref().unwrap_or("no figure")
        )),
        Standing::NotPlanned => Answer::Unknown(
            "this run did not measure tokio::sync::mpsc; cargo lab run --field does".to_owned(),
        ),
    }
}

fn contention(evidence: &Evidence<'_>) -> Answer {
    grows(evidence, "flume", Mode::Raw)
}

fn growth(evidence: &Evidence<'_>, default: &str) -> Answer {
    match grows(evidence, default, Mode::Goish) {
        Answer::False(_) => {
            let words = growth_in_words(evidence, default).unwrap_or_default();
            Answer::False(format!("with {default}, {words}"))
        }
        other => other,
    }
}

/// Whether an engine's fan-in grows more than twofold, or does not finish.
fn grows(evidence: &Evidence<'_>, engine: &str, mode: Mode) -> Answer {
    let growth = evidence.summaries.iter().find(|summary| {
        summary.metric == "growth" && summary.mode == mode && summary.engine == engine
    });
    let Some(growth) = growth else {
        return Answer::Unknown(format!("this run has no fan-in of {engine}"));
    };
    match growth.median {
        None => Answer::True(format!(
            "{engine} {}",
            crate::evidence::explanation(growth).trim_end_matches('.')
        )),
        Some(median) => {
            let words = format!(
                "{engine}: {} over {}",
                format::with_interval(median, growth.lo, growth.hi, &growth.unit),
                growth.param
            );
            if median > 2.0 {
                Answer::True(words)
            } else {
                Answer::False(words)
            }
        }
    }
}

fn slower_than_go(evidence: &Evidence<'_>, default: &str) -> Answer {
    let Some(go) = evidence.go() else {
        return Answer::Unknown(
            "this run did not measure Go; cargo lab run --field does".to_owned(),
        );
    };
    let behind = against::behind(evidence, default, go);
    if behind.is_empty() {
        return Answer::False("no case of this run tells Go ahead of goish".to_owned());
    }
    Answer::True(format!("relative to Go: {}", behind.join("; ")))
}

fn other_engine(advice: &Advice<'_>) -> Answer {
    match advice {
        Advice::Keep { default, because } => Answer::False(format!("{default} stays: {because}")),
        Advice::Change { to, because, .. } => Answer::True(format!("{to}: {because}")),
        Advice::None { because } => Answer::Unknown(because.clone()),
    }
}

fn other_scheduler(evidence: &Evidence<'_>, default: &str) -> Answer {
    let rivals = schedulers::rivals(evidence, default);
    if rivals.is_empty() {
        return Answer::Unknown(
            "this run measured one scheduler; cargo lab run --schedulers measures all".to_owned(),
        );
    }
    let words: Vec<_> = rivals.iter().map(schedulers::Rival::because).collect();
    let words = words.join("; ");
    match rivals.iter().any(schedulers::Rival::is_better) {
        true => Answer::True(words),
        false => Answer::False(words),
    }
}

fn allocation(evidence: &Evidence<'_>, default: &str) -> Answer {
    let system = Metric {
        case: "spawn-1m",
        param: "",
        name: "per-goroutine",
    };
    match allocator::ratio(evidence, system, Mode::Goish, default) {
        None => Answer::Unknown(
            "this run did not measure mimalloc; cargo lab run --field does".to_owned(),
        ),
        Some(comparison) => {
            let words = format!("mimalloc over system: {}", format::ratio(&comparison.ratio));
            if comparison.ratio.hi < 0.5 {
                Answer::True(words)
            } else {
                Answer::False(words)
            }
        }
    }
}
