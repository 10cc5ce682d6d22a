//! Two runs, or two engines of one.

mod support;

use goish_results::compare::{self, CompareError, Verdict};
use goish_results::record::{Cell, Mode, Outcome};
use goish_results::store::Run;
use goish_results::summary::Status;
use support::{cell, ok, per_message, run};

/// Eight samples around a middle, with a spread of a few percent.
fn around(middle: f64) -> Vec<Outcome> {
    [0.98, 1.0, 1.02, 0.99, 1.01, 1.03, 0.97, 1.0]
        .map(|share| per_message(middle * share))
        .to_vec()
}

fn prod_cons(engine: &str) -> Cell {
    cell("prod-cons-1", "", Mode::Raw, engine)
}

/// A run of one engine and case.
fn of(id: &str, middle: f64) -> Run {
    let mut run = run(&[(prod_cons("flume"), 8, around(middle))]);
    id.clone_into(&mut run.header.id);
    run
}

#[test]
fn runs_are_compared_case_by_case() {
    for (right, verdict) in [
        (100.0, Verdict::Undecided),
        (101.0, Verdict::Undecided),
        (150.0, Verdict::Worse),
        (50.0, Verdict::Better),
    ] {
        let comparison =
            compare::runs(&of("before", 100.0), &of("after", right), false).expect("one machine");
        assert_eq!(
            (comparison.left.as_str(), comparison.right.as_str()),
            ("before", "after")
        );
        assert!(!comparison.paired && comparison.differences.is_empty());
        assert_eq!(comparison.lines.len(), 1);
        let line = &comparison.lines[0];
        assert_eq!(line.verdict, verdict, "{:?}", line.ratio);
        let ratio = line.ratio.expect("a ratio");
        assert!((ratio.median - right / 100.0).abs() < 1e-9, "{ratio:?}");
    }
}

#[test]
fn a_larger_share_is_the_better_one() {
    let share = |share: f64| vec![ok(&[("fairness-min", "share", share)]); 8];
    let contended = |share_of_one| {
        run(&[(
            cell("contended-16", "", Mode::Raw, "flume"),
            8,
            share(share_of_one),
        )])
    };
    let comparison = compare::runs(&contended(0.5), &contended(0.9), false).expect("one machine");
    assert_eq!(comparison.lines[0].verdict, Verdict::Better);
}

#[test]
fn runs_of_different_machines_are_compared_only_when_asked() {
    let (left, mut right) = (of("before", 100.0), of("after", 100.0));
    right.header.machine.kernel = "Linux 7.0".to_owned();
    right.header.machine.workers = 4;
    let error = compare::runs(&left, &right, false).expect_err("two machines");
    assert!(matches!(error, CompareError::DifferentMachines { .. }));
    let sentence = error.to_string();
    for word in [
        "`before`",
        "`after`",
        "kernel: Linux 6.18 and Linux 7.0",
        "workers: 2 and 4",
    ] {
        assert!(sentence.contains(word), "{word}: {sentence}");
    }
    let comparison = compare::runs(&left, &right, true).expect("it was asked for");
    let named: Vec<_> = comparison
        .differences
        .iter()
        .map(|difference| difference.component.as_str())
        .collect();
    assert_eq!(named, ["kernel", "workers"]);
}

#[test]
fn engines_are_compared_sample_by_sample() {
    let drift = |middle: f64| -> Vec<Outcome> {
        [1.0, 3.0, 2.0, 9.0, 4.0, 1.0]
            .map(|slow| per_message(middle * slow))
            .to_vec()
    };
    let run = run(&[
        (prod_cons("flume"), 6, drift(100.0)),
        (prod_cons("async-channel"), 6, drift(110.0)),
    ]);
    let comparison = compare::engines(&run, "flume", "async-channel").expect("both are there");
    assert!(comparison.paired);
    let line = &comparison.lines[0];
    assert_eq!(
        line.verdict,
        Verdict::Worse,
        "the drift is in both: {:?}",
        line.ratio
    );
    let back = compare::engines(&run, "async-channel", "flume").expect("both are there");
    assert_eq!(back.lines[0].verdict, Verdict::Better);
}

#[test]
fn an_engine_that_the_run_does_not_have_is_named_with_those_it_has() {
    let run = run(&[(prod_cons("flume"), 1, Vec::new())]);
    for (left, right) in [("flume", "kanal"), ("kanal", "flume")] {
        let sentence = compare::engines(&run, left, right)
            .expect_err("no kanal")
            .to_string();
        assert!(
            sentence.contains("`kanal`") && sentence.contains("it has `flume`"),
            "{sentence}"
        );
    }
}

#[test]
fn what_one_side_lacks_is_shown_and_not_judged() {
    let dnf = Outcome::Dnf {
        reason: "too slow".to_owned(),
        delivered: 1,
        expected: 2,
        figures: Vec::new(),
    };
    let left = run(&[
        (prod_cons("flume"), 8, around(100.0)),
        (cell("spawn-1m", "", Mode::Raw, "flume"), 1, vec![dnf]),
    ]);
    let right = run(&[
        (
            cell("ping-pong", "", Mode::Raw, "flume"),
            1,
            vec![ok(&[("round-trip", "ns", 1.0)])],
        ),
        (
            cell("spawn-1m", "", Mode::Raw, "flume"),
            1,
            vec![ok(&[("per-goroutine", "ns", 1.0)])],
        ),
    ]);
    let comparison = compare::runs(&left, &right, false).expect("one machine");
    let shown: Vec<_> = comparison
        .lines
        .iter()
        .map(|line| {
            let status = |side: &Option<goish_results::summary::Summary>| {
                side.as_ref().map(|summary| summary.status)
            };
            let either = line.left.as_ref().or(line.right.as_ref()).expect("a side");
            (
                either.case.as_str(),
                status(&line.left),
                status(&line.right),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("ping-pong", None, Some(Status::Ok)),
            ("prod-cons-1", Some(Status::Ok), None),
            ("spawn-1m", Some(Status::Dnf), Some(Status::Ok)),
        ]
    );
    assert!(
        comparison
            .lines
            .iter()
            .all(|line| line.verdict == Verdict::Incomplete)
    );
    assert!(comparison.lines.iter().all(|line| line.ratio.is_none()));
}

#[test]
fn a_quick_run_beside_a_full_one_and_the_runs_warnings_are_told() {
    let (mut left, mut right) = (of("before", 100.0), of("after", 100.0));
    left.header.quick = false;
    right.warnings.push("the last line was cut off".to_owned());
    let warnings = compare::runs(&left, &right, false)
        .expect("one machine")
        .warnings;
    assert_eq!(warnings.len(), 2);
    assert!(
        warnings[0].contains("`after` was quick and `before` was not"),
        "{warnings:?}"
    );
}

#[test]
fn the_json_is_flat_and_has_the_promised_fields() {
    let comparison =
        compare::runs(&of("before", 100.0), &of("after", 150.0), false).expect("one machine");
    let json = serde_json::to_value(comparison.sides()).expect("JSON");
    let sides = json.as_array().expect("an array");
    assert_eq!(sides.len(), 2);
    for (side, (name, of)) in sides.iter().zip([("left", "before"), ("right", "after")]) {
        assert_eq!((&side["side"], &side["of"]), (&name.into(), &of.into()));
        assert_eq!(side["verdict"], "worse");
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
            "ratio_of_sides",
        ] {
            assert!(!side[field].is_null(), "{field}: {side}");
        }
    }
}
