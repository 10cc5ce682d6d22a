//! What a run says, and that nothing it planned is left out.

mod support;

use std::collections::BTreeSet;

use goish_results::record::{Cell, Figure, Mode, Outcome, RuntimeFigures};
use goish_results::store::Run;
use goish_results::summary::{Status, Summary, summarise};
use proptest::prelude::*;
use support::{cell, ok, per_message, run};

/// A cell of the fan-in case.
fn fan_in(n: u64, engine: &str) -> Cell {
    cell("fan-in", &format!("n={n}"), Mode::Raw, engine)
}

/// A cell of a case with one metric.
fn prod_cons(engine: &str) -> Cell {
    cell("prod-cons-1", "", Mode::Goish, engine)
}

fn values(values: &[f64]) -> Vec<Outcome> {
    values.iter().map(|value| per_message(*value)).collect()
}

fn dnf(delivered: u64) -> Outcome {
    Outcome::Dnf {
        reason: "over the deadline of 60 s".to_owned(),
        delivered,
        expected: 1_000_000,
        figures: Vec::new(),
    }
}

fn error(reason: &str) -> Outcome {
    Outcome::Error {
        reason: reason.to_owned(),
    }
}

/// The one summary of this metric and engine.
fn find<'summaries>(
    summaries: &'summaries [Summary],
    metric: &str,
    engine: &str,
) -> &'summaries Summary {
    let mut found = summaries
        .iter()
        .filter(|summary| summary.metric == metric && summary.engine == engine);
    let summary = found.next().expect("a summary");
    assert_eq!(found.next(), None, "more than one of {metric} {engine}");
    summary
}

#[test]
fn a_cell_has_a_median_an_interval_and_a_paired_ratio() {
    // The second pair was taken while the machine was twice as slow.
    let summaries = summarise(&run(&[
        (prod_cons("flume"), 3, values(&[100.0, 200.0, 110.0])),
        (
            prod_cons("async-channel"),
            3,
            values(&[150.0, 300.0, 165.0]),
        ),
    ]));
    assert_eq!(summaries.len(), 2);
    let flume = find(&summaries, "per-message", "flume");
    assert_eq!(
        (flume.median, flume.lo, flume.hi),
        (Some(110.0), Some(100.0), Some(200.0))
    );
    assert_eq!(flume.ratio_to_best, Some(1.0));
    assert_eq!((flume.status, flume.reason.as_deref()), (Status::Ok, None));
    assert_eq!((flume.samples, flume.planned, flume.outliers), (3, 3, 0));
    assert_eq!(flume.values, [100.0, 200.0, 110.0]);
    assert_eq!(flume.engine_version, "flume 1.0.0");
    assert!(flume.headline);
    let other = find(&summaries, "per-message", "async-channel");
    assert_eq!(
        (other.ratio_to_best, other.ratio_lo, other.ratio_hi),
        (Some(1.5), Some(1.5), Some(1.5))
    );
}

#[test]
fn the_best_is_found_within_case_parameter_mode_and_metric() {
    let mut cells = Vec::new();
    for (mode, param, flume, other) in [
        (Mode::Raw, "n=1000", 10.0, 20.0),
        (Mode::Raw, "n=10000", 90.0, 30.0),
        (Mode::Goish, "n=1000", 40.0, 400.0),
    ] {
        cells.push((cell("fan-in", param, mode, "flume"), 1, values(&[flume])));
        cells.push((
            cell("fan-in", param, mode, "async-channel"),
            1,
            values(&[other]),
        ));
    }
    let ratios: Vec<_> = summarise(&run(&cells))
        .iter()
        .filter(|summary| summary.metric == "per-message")
        .map(|summary| summary.ratio_to_best.expect("a ratio"))
        .collect();
    assert_eq!(ratios, [2.0, 1.0, 10.0, 1.0, 1.0, 3.0]);
}

#[test]
fn samples_are_paired_by_number_not_by_place() {
    let mut run = run(&[
        (prod_cons("flume"), 3, values(&[100.0, 200.0, 400.0])),
        (
            prod_cons("async-channel"),
            3,
            values(&[200.0, 400.0, 800.0]),
        ),
    ]);
    // A cut-off run: flume lacks its first sample, and the rows came in another order.
    run.rows.remove(0);
    run.rows.reverse();
    let summaries = summarise(&run);
    assert_eq!(
        find(&summaries, "per-message", "flume").values,
        [200.0, 400.0]
    );
    let other = find(&summaries, "per-message", "async-channel");
    assert_eq!(other.values, [200.0, 400.0, 800.0]);
    assert_eq!(other.ratio_to_best, Some(2.0));
}

#[test]
fn a_larger_share_is_the_better_one() {
    let sample = |share: f64| {
        vec![ok(&[
            ("per-message", "ns", 1.0),
            ("fairness-min", "share", share),
        ])]
    };
    let contended = |engine| cell("contended-16", "capacity=16", Mode::Raw, engine);
    let summaries = summarise(&run(&[
        (contended("flume"), 1, sample(0.9)),
        (contended("async-channel"), 1, sample(0.45)),
    ]));
    assert_eq!(
        find(&summaries, "fairness-min", "flume").ratio_to_best,
        Some(1.0)
    );
    assert_eq!(
        find(&summaries, "fairness-min", "async-channel").ratio_to_best,
        Some(2.0)
    );
}

#[test]
fn a_best_of_zero_has_no_ratios() {
    let summaries = summarise(&run(&[
        (prod_cons("flume"), 1, values(&[0.0])),
        (prod_cons("async-channel"), 1, values(&[5.0])),
    ]));
    for summary in &summaries {
        assert_eq!((summary.status, summary.ratio_to_best), (Status::Ok, None));
        assert!(summary.median.is_some());
    }
}

#[test]
fn what_was_planned_and_not_taken_is_missing() {
    let summaries = summarise(&run(&[
        (prod_cons("flume"), 5, values(&[1.0, 2.0])),
        (prod_cons("async-channel"), 5, Vec::new()),
    ]));
    let flume = find(&summaries, "per-message", "flume");
    assert_eq!(
        (flume.status, flume.samples, flume.planned),
        (Status::Ok, 2, 5)
    );
    assert_eq!(
        flume.note.as_deref(),
        Some("2 of 5 planned samples were taken")
    );
    let other = find(&summaries, "per-message", "async-channel");
    assert_eq!(
        (other.status, other.samples, other.planned),
        (Status::Missing, 0, 5)
    );
    assert_eq!(
        (other.median, other.lo, other.hi, other.ratio_to_best),
        (None, None, None, None)
    );
    assert_eq!(other.unit, "ns");
    assert_eq!(
        other.engine_version, "async-channel 2.5.0",
        "from the header"
    );
    let reason = other.reason.as_deref().expect("a reason");
    assert!(reason.contains("none of the 5 planned samples"), "{reason}");
    assert!(reason.contains("--resume"), "{reason}");
}

#[test]
fn a_failed_cell_has_a_line_for_every_metric_of_its_case() {
    let ping_pong = |engine| cell("ping-pong", "", Mode::Raw, engine);
    let measured = ok(&[
        ("round-trip", "ns", 1.0),
        ("round-trip-of-our-own", "ns", 2.0),
    ]);
    let summaries = summarise(&run(&[
        (ping_pong("flume"), 1, vec![measured]),
        (ping_pong("async-channel"), 1, vec![error("signal 6")]),
    ]));
    let of = |engine: &str| -> Vec<&str> {
        let own = summaries.iter().filter(|summary| summary.engine == engine);
        own.map(|summary| summary.metric.as_str()).collect()
    };
    assert_eq!(of("flume"), ["round-trip", "round-trip-of-our-own"]);
    assert_eq!(
        of("async-channel"),
        [
            "round-trip",
            "round-trip-p50",
            "round-trip-p90",
            "round-trip-p99",
            "round-trip-p99.9",
            "round-trip-max",
            "round-trip-of-our-own",
        ]
    );
    let headlines: Vec<_> = summaries
        .iter()
        .filter(|summary| summary.headline)
        .collect();
    assert!(
        headlines
            .iter()
            .all(|summary| summary.metric == "round-trip")
    );
    assert_eq!(headlines.len(), 2);
}

#[test]
fn an_unknown_case_that_gave_nothing_still_has_a_line() {
    let summaries = summarise(&run(&[(
        cell("new", "", Mode::Raw, "flume"),
        1,
        vec![error("signal 6")],
    )]));
    assert_eq!(summaries.len(), 1);
    assert_eq!(
        (summaries[0].status, summaries[0].metric.as_str()),
        (Status::Error, "")
    );
}

#[test]
fn samples_without_a_figure_are_not_called_well() {
    let summaries = summarise(&run(&[
        (prod_cons("flume"), 2, vec![ok(&[]), ok(&[])]),
        (prod_cons("async-channel"), 1, values(&[5.0])),
    ]));
    let summary = find(&summaries, "per-message", "flume");
    assert_eq!((summary.status, summary.median), (Status::Missing, None));
    assert_eq!(
        summary.reason.as_deref(),
        Some("none of the 2 samples gave this figure")
    );
}

#[test]
fn what_did_not_finish_says_how_far_it_got() {
    let summaries = summarise(&run(&[(prod_cons("flume"), 2, vec![dnf(500), dnf(700)])]));
    let summary = &summaries[0];
    assert_eq!(summary.status, Status::Dnf);
    assert_eq!(
        (summary.delivered, summary.expected),
        (Some(700), Some(1_000_000))
    );
    assert_eq!(summary.reason.as_deref(), Some("over the deadline of 60 s"));
    assert_eq!((summary.median, summary.samples), (None, 2));
}

#[test]
fn a_mixed_cell_has_the_worst_status_and_counts_in_words() {
    let mut outcomes = values(&[10.0, 20.0, 30.0]);
    outcomes.extend([dnf(5), error("signal 9"), error("signal 11")]);
    let summaries = summarise(&run(&[
        (prod_cons("flume"), 6, outcomes),
        (prod_cons("async-channel"), 1, values(&[500.0])),
    ]));
    let summary = find(&summaries, "per-message", "flume");
    assert_eq!(summary.status, Status::Error);
    assert_eq!(
        summary.median, None,
        "a median of the survivors would flatter it"
    );
    assert_eq!(summary.values, [10.0, 20.0, 30.0], "and yet they are kept");
    assert_eq!(
        summary.reason.as_deref(),
        Some(
            "2 of 6 samples failed: signal 9 (and another reason); \
             1 of 6 samples did not finish: over the deadline of 60 s; \
             the median of the 3 that finished is 20.00 ns"
        )
    );
    let other = find(&summaries, "per-message", "async-channel");
    assert_eq!(
        other.ratio_to_best,
        Some(1.0),
        "the best is the best of those that are ok"
    );
}

#[test]
fn a_heap_that_nobody_counted_is_no_figure() {
    let taken = |heap: f64| Outcome::Ok {
        figures: [("resident-per-channel", 101.0), ("heap-per-channel", heap)]
            .map(|(metric, value)| Figure {
                metric: metric.to_owned(),
                unit: "bytes".to_owned(),
                value,
            })
            .into(),
    };
    let engine = |name| cell("rss-100k", "capacity=0", Mode::Raw, name);
    let summaries = summarise(&run(&[
        (engine("loole"), 1, vec![taken(0.0)]),
        (engine("native"), 1, vec![taken(88.0)]),
    ]));
    let heap = |engine| {
        let mut of_engine = summaries.iter().filter(|summary| summary.engine == engine);
        of_engine
            .find_map(|summary| (summary.metric == "heap-per-channel").then_some(summary.median)?)
    };
    assert_eq!((heap("loole"), heap("native")), (None, Some(88.0)));
}

#[test]
fn a_refusal_keeps_its_words() {
    let refused = Outcome::Refused {
        reason: "async-channel has no capacity 0".to_owned(),
    };
    let summaries = summarise(&run(&[(prod_cons("async-channel"), 2, vec![refused; 2])]));
    assert_eq!(summaries[0].status, Status::Refused);
    assert_eq!(
        summaries[0].reason.as_deref(),
        Some("async-channel has no capacity 0")
    );
}

#[test]
fn notes_versions_and_outliers_are_told() {
    let mut run = run(&[(
        prod_cons("flume"),
        7,
        values(&[10.0, 11.0, 10.0, 12.0, 11.0, 10.0, 90.0]),
    )]);
    run.rows[0].note = Some("capacity 1: no rendezvous".to_owned());
    run.rows[1].note = Some("capacity 1: no rendezvous".to_owned());
    run.rows[2].engine_version = "flume 1.1.0".to_owned();
    let summary = &summarise(&run)[0];
    assert_eq!(summary.note.as_deref(), Some("capacity 1: no rendezvous"));
    assert_eq!(summary.engine_version, "flume 1.0.0, flume 1.1.0");
    assert_eq!((summary.outliers, summary.values.len()), (1, 7));
}

#[test]
fn runtime_figures_are_medians() {
    let mut run = run(&[(prod_cons("flume"), 4, values(&[1.0, 1.0, 1.0, 1.0]))]);
    for (row, (busy_ratio, parks, polls)) in
        run.rows
            .iter_mut()
            .zip([(0.5, 10, None), (0.7, 30, Some(4)), (0.9, 20, Some(8))])
    {
        row.runtime = Some(RuntimeFigures {
            busy_ratio,
            parks,
            polls,
            ..Default::default()
        });
    }
    let runtime = summarise(&run)[0].runtime.clone().expect("figures");
    assert_eq!(
        (runtime.busy_ratio, runtime.parks, runtime.polls),
        (0.7, 20, Some(4))
    );
    assert_eq!(runtime.steals, None);
}

#[test]
fn growth_is_from_a_thousand_to_the_largest_n() {
    let summaries = summarise(&run(&[
        (fan_in(1_000, "flume"), 3, values(&[100.0, 200.0, 100.0])),
        (fan_in(100_000, "flume"), 3, values(&[150.0, 300.0, 150.0])),
        (
            fan_in(1_000_000, "flume"),
            3,
            values(&[1000.0, 2000.0, 1000.0]),
        ),
        (
            fan_in(1_000, "async-channel"),
            3,
            values(&[100.0, 100.0, 100.0]),
        ),
        (
            fan_in(1_000_000, "async-channel"),
            3,
            values(&[500.0, 500.0, 500.0]),
        ),
    ]));
    let growth = find(&summaries, "growth", "flume");
    assert_eq!((growth.median, growth.unit.as_str()), (Some(10.0), "x"));
    assert_eq!(growth.param, "n=1000..1000000");
    assert_eq!(growth.values, [10.0, 10.0, 10.0]);
    assert_eq!(growth.ratio_to_best, Some(2.0));
    assert!(!growth.headline);
    assert_eq!(
        find(&summaries, "growth", "async-channel").ratio_to_best,
        Some(1.0)
    );
    let last: Vec<_> = summaries
        .iter()
        .rev()
        .take(2)
        .map(|summary| summary.metric.as_str())
        .collect();
    assert_eq!(
        last,
        ["growth", "growth"],
        "growth comes after the points of its curve"
    );
}

#[test]
fn growth_to_where_an_engine_does_not_get_is_not_a_smaller_number() {
    let summaries = summarise(&run(&[
        (fan_in(1_000, "flume"), 1, values(&[100.0])),
        (fan_in(100_000, "flume"), 1, values(&[150.0])),
        (fan_in(1_000_000, "flume"), 1, vec![dnf(41_000)]),
        (fan_in(1_000, "async-channel"), 1, values(&[100.0])),
        (fan_in(1_000_000, "async-channel"), 1, Vec::new()),
    ]));
    let growth = find(&summaries, "growth", "flume");
    assert_eq!((growth.status, growth.median), (Status::Dnf, None));
    assert_eq!(
        growth.reason.as_deref(),
        Some("at n=1000000: over the deadline of 60 s")
    );
    assert_eq!(growth.delivered, Some(41_000));
    assert_eq!(
        find(&summaries, "growth", "async-channel").status,
        Status::Missing
    );
}

#[test]
fn growth_needs_two_points() {
    let one = summarise(&run(&[(fan_in(1_000, "flume"), 1, values(&[100.0]))]));
    assert_eq!(one.len(), 1);
    let other = summarise(&run(&[(fan_in(10_000, "flume"), 1, values(&[100.0]))]));
    assert_eq!(other.len(), 1);
}

#[test]
fn the_order_is_that_of_the_design_whatever_the_plan() {
    let mut cells = vec![
        cell("zebra", "", Mode::Raw, "flume"),
        cell("aardvark", "", Mode::Raw, "flume"),
        cell("cancel", "n=1000,order=random", Mode::Raw, "flume"),
        cell("cancel", "n=10000,order=fifo", Mode::Raw, "flume"),
        cell("cancel", "n=1000,order=fifo", Mode::Raw, "flume"),
        cell("rss-100k", "capacity=16", Mode::Raw, "flume"),
        cell("rss-100k", "capacity=0", Mode::Raw, "flume"),
        cell("contended-16", "capacity=1024", Mode::Raw, "flume"),
        cell("contended-16", "capacity=16", Mode::Goish, "flume"),
        cell("contended-16", "capacity=16", Mode::Raw, "flume"),
        cell("contended-16", "capacity=16", Mode::Raw, "async-channel"),
        cell("ping-pong", "", Mode::Raw, "flume"),
    ];
    let order_of = |cells: &[Cell]| -> Vec<String> {
        let plan: Vec<_> = cells
            .iter()
            .map(|cell| (cell.clone(), 1, Vec::new()))
            .collect();
        let summaries = summarise(&run(&plan));
        let headlines = summaries
            .iter()
            .filter(|summary| summary.headline || summary.metric.is_empty());
        headlines
            .map(|s| format!("{} {} {:?} {}", s.case, s.param, s.mode, s.engine))
            .collect()
    };
    let expected = [
        "ping-pong  Raw flume",
        "contended-16 capacity=16 Raw async-channel",
        "contended-16 capacity=16 Raw flume",
        "contended-16 capacity=16 Goish flume",
        "contended-16 capacity=1024 Raw flume",
        "rss-100k capacity=0 Raw flume",
        "rss-100k capacity=16 Raw flume",
        "cancel n=1000,order=fifo Raw flume",
        "cancel n=1000,order=random Raw flume",
        "cancel n=10000,order=fifo Raw flume",
        "aardvark  Raw flume",
        "zebra  Raw flume",
    ];
    assert_eq!(order_of(&cells), expected);
    cells.reverse();
    assert_eq!(order_of(&cells), expected);
}

#[test]
fn the_json_has_the_promised_fields_and_no_number_that_is_none() {
    let summaries = summarise(&run(&[
        (prod_cons("flume"), 1, values(&[1.5])),
        (prod_cons("async-channel"), 1, vec![dnf(3)]),
    ]));
    let text = serde_json::to_string(&summaries).expect("JSON");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for (line, status) in json.as_array().expect("an array").iter().zip(["dnf", "ok"]) {
        for field in [
            "case",
            "param",
            "mode",
            "engine",
            "metric",
            "unit",
            "median",
            "lo",
            "hi",
            "ratio_to_best",
            "samples",
            "status",
            "reason",
            "note",
            "delivered",
            "expected",
            "engine_version",
            "outliers",
            "headline",
            "values",
            "runtime",
        ] {
            assert!(line.get(field).is_some(), "{field}: {line}");
        }
        assert_eq!(line["mode"], "goish");
        assert_eq!(line["status"], status);
        assert_eq!(line["median"].is_null(), status != "ok");
        assert_eq!(line["ratio_to_best"].is_null(), status != "ok");
    }
    assert_eq!(
        serde_json::from_str::<Vec<Summary>>(&text).expect("summaries"),
        summaries
    );
}

#[test]
fn a_run_without_rows_or_plan_says_nothing() {
    let empty: Run = run(&[]);
    assert_eq!(summarise(&empty), []);
}

/// Any ending of a sample of a case with one metric.
fn any_outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => (-1e9_f64..1e9).prop_map(per_message),
        1 => Just(ok(&[])),
        1 => any::<u64>().prop_map(dnf),
        1 => ".{0,20}".prop_map(|reason| error(&reason)),
        1 => ".{0,20}".prop_map(|reason| Outcome::Refused { reason }),
    ]
}

/// Any cell, of cases that are known and of one that is not.
fn any_cell() -> impl Strategy<Value = Cell> {
    let case = prop::sample::select(vec!["ping-pong", "fan-in", "cancel", "new", ""]);
    let param = prop::sample::select(vec![
        "",
        "n=1000",
        "n=10000",
        "n=1000,order=lifo",
        "n=",
        "=",
    ]);
    let mode = prop::sample::select(vec![Mode::Raw, Mode::Goish]);
    let engine = prop::sample::select(vec!["flume", "async-channel", "native"]);
    (case, param, mode, engine)
        .prop_map(|(case, param, mode, engine)| cell(case, param, mode, engine))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_run_holds_every_cell_is_told_of_in_numbers_or_in_words(
        cells in prop::collection::vec(
            (any_cell(), 0_u32..4, prop::collection::vec(any_outcome(), 0..4)),
            0..12,
        ),
    ) {
        let run = run(&cells);
        let summaries = summarise(&run);
        let planned = run.header.plan.iter().map(|planned| &planned.cell);
        let known: BTreeSet<Cell> =
            planned.chain(run.rows.iter().map(|row| &row.cell)).cloned().collect();
        let told: BTreeSet<Cell> = summaries
            .iter()
            .filter(|summary| summary.metric != "growth")
            .map(|s| cell(&s.case, &s.param, s.mode, &s.engine))
            .collect();
        prop_assert_eq!(told, known);
        for summary in &summaries {
            let numbers = [
                summary.median, summary.lo, summary.hi,
                summary.ratio_to_best, summary.ratio_lo, summary.ratio_hi,
            ];
            prop_assert!(numbers.iter().flatten().all(|number| number.is_finite()));
            prop_assert!(summary.values.iter().all(|value| value.is_finite()));
            if summary.status == Status::Ok {
                prop_assert!(summary.median.is_some());
                prop_assert_eq!(&summary.reason, &None);
            } else {
                prop_assert!(numbers.iter().all(Option::is_none));
                prop_assert!(summary.reason.is_some());
            }
        }
        prop_assert_eq!(summarise(&run), summaries);
    }
}
