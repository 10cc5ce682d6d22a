//! The cases by name, in the order in which they are reported, with their metrics.
//!
//! A cell that failed has no figures, and still needs its lines in every table: this is where its
//! metrics and units come from.

/// The case whose growth over n is derived.
pub(crate) const FAN_IN: &str = "fan-in";

/// A metric and its unit.
type Metric = (&'static str, &'static str);

/// Every case with its metrics, the headline first.
const CASES: &[(&str, &[Metric])] = &[
    (
        "ping-pong",
        &[
            ("round-trip", "ns"),
            ("round-trip-p50", "ns"),
            ("round-trip-p90", "ns"),
            ("round-trip-p99", "ns"),
            ("round-trip-p99.9", "ns"),
            ("round-trip-max", "ns"),
        ],
    ),
    ("prod-cons-1", &[("per-message", "ns")]),
    ("prod-cons-1024", &[("per-message", "ns")]),
    ("prod-cons-unbounded", &[("per-message", "ns")]),
    (
        "contended-16",
        &[
            ("per-message", "ns"),
            ("fairness-min", "share"),
            ("fairness-max", "share"),
            ("sender-fairness-min", "share"),
            ("sender-fairness-max", "share"),
        ],
    ),
    (
        "rss-100k",
        &[
            ("resident-per-channel", "bytes"),
            ("heap-per-channel", "bytes"),
        ],
    ),
    ("spawn-1m", &[("per-goroutine", "ns")]),
    (
        "parked-1m",
        &[
            ("resident-per-goroutine", "bytes"),
            ("heap-per-goroutine", "bytes"),
            ("per-wake", "ns"),
        ],
    ),
    (FAN_IN, &[("per-message", "ns")]),
    ("cancel", &[("per-cancellation", "ns")]),
    // The cases over the whole of goish's surface.
    ("select-2", &[("per-message", "ns")]),
    ("select-8", &[("per-message", "ns")]),
    ("select-default", &[("per-look", "ns")]),
    ("mutex-contended", &[("per-lock", "ns")]),
    ("rw-mutex-read-mostly", &[("per-lock", "ns")]),
    ("wait-group", &[("per-goroutine", "ns")]),
    ("timer-1m", &[("per-timer", "ns")]),
    (
        "sleep-100k",
        &[
            ("per-sleep", "ns"),
            ("lateness-max", "ns"),
            ("lateness-mean", "ns"),
        ],
    ),
    ("gosched", &[("per-yield", "ns")]),
    ("plain-ping-pong", &[("round-trip", "ns")]),
    ("plain-parked", &[("per-goroutine", "ns")]),
    (
        "unfair-waker",
        &[
            ("delay-p50", "ns"),
            ("delay-p90", "ns"),
            ("delay-max", "ns"),
        ],
    ),
    ("hogs", &[("delay-max", "ns"), ("delay-p50", "ns")]),
    ("syscalls", &[("total", "ns")]),
    ("pool-8", &[("per-job", "ns")]),
    (
        "tcp-echo",
        &[("per-request", "ns"), ("requests-per-second", "per second")],
    ),
    ("idle-cpu", &[("processor-per-wake", "ns")]),
    // The cases of goroutine runtimes.
    ("spawn-join", &[("per-goroutine", "ns")]),
    (
        "parked",
        &[("resident-per-goroutine", "bytes"), ("per-wake", "ns")],
    ),
    ("switch", &[("round-trip", "ns")]),
    ("producers", &[("per-message", "ns")]),
];

/// The place of a case in every table; a case that is not known here comes after all that are.
pub(crate) fn place(case: &str) -> usize {
    CASES
        .iter()
        .position(|(name, _)| *name == case)
        .unwrap_or(CASES.len())
}

/// The metrics of a case, the headline first; none for a case that is not known here.
pub(crate) fn metrics(case: &str) -> &'static [Metric] {
    CASES
        .iter()
        .find(|(name, _)| *name == case)
        .map_or(&[], |(_, metrics)| metrics)
}

/// Whether a larger value of this metric is the better one: a rate, and the smallest share that a
/// receiver or a sender got, of which one is an even share.
pub(crate) fn larger_is_better(metric: &str) -> bool {
    matches!(
        metric,
        "fairness-min" | "sender-fairness-min" | "requests-per-second"
    )
}
