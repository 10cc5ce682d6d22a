//! The report as its readers find it: every outcome shows, nothing breaks on odd runs, and what
//! cannot be written is said in one sentence.

use std::fs;
use std::path::Path;

use goish_dashboards::{ReportError, ReportOptions, splice, write_report};
use goish_results::record::{ConformanceOutcome, Figure, Kind, Mode, Outcome, Subject};
use goish_results::store::Run;
use goish_results::summary::summarise;

mod synthetic;

use synthetic::{Book, cell, dnf, whole};

fn options() -> ReportOptions {
    ReportOptions {
        default_engine: "flume".to_owned(),
        previous: None,
    }
}

fn write(run: &Run, out: &Path) -> Result<(), ReportError> {
    write_report(run, &summarise(run), out, &options())
}

/// The page and the Markdown of a run.
fn report(run: &Run) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    write(run, folder.path()).unwrap();
    let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
    (read("index.html"), read("decision.md"))
}

/// The six metrics in goish mode, so that the second engine is slower by `factor`.
fn six_metrics(book: &mut Book, engine: &str, factor: f64) {
    let at = |case: &str, param: &str| cell(case, param, Mode::Goish, engine);
    book.ok(at("ping-pong", ""), &[("round-trip", "ns", 800.0 * factor)]);
    for case in ["prod-cons-1", "prod-cons-1024", "prod-cons-unbounded"] {
        book.ok(at(case, ""), &[("per-message", "ns", 100.0 * factor)]);
    }
    book.ok(
        at("contended-16", "capacity=16"),
        &[("per-message", "ns", 130.0 * factor)],
    );
    book.ok(
        at("rss-100k", "capacity=0"),
        &[("resident-per-channel", "bytes", 152.0 * factor)],
    );
    book.promise(engine, "fifo", ConformanceOutcome::Holds, "");
}

#[test]
fn the_decision_of_a_small_run() {
    let mut book = Book::new(6);
    six_metrics(&mut book, "flume", 1.0);
    six_metrics(&mut book, "async-channel", 1.4);
    book.ok(
        cell("prod-cons-1", "", Mode::Raw, "flume"),
        &[("per-message", "ns", 80.0)],
    );
    book.ended(
        cell("fan-in", "n=1000000", Mode::Goish, "flume"),
        dnf(250_000, 1_000_000),
    );
    book.promise("flume", "select-fairness", ConformanceOutcome::Holds, "");
    let (_, decision) = report(&book.run);
    insta::assert_snapshot!(decision);
}

#[test]
fn the_faster_engine_is_recommended_when_it_is_clearly_faster() {
    let mut book = Book::new(6);
    six_metrics(&mut book, "flume", 1.0);
    six_metrics(&mut book, "async-channel", 0.5);
    let (page, decision) = report(&book.run);
    assert!(decision.contains("**Make async-channel the default instead of flume:"));
    assert!(page.contains("Make async-channel the default instead of flume:"));
}

/// A run on two schedulers, of which the second takes this much of what the default one does.
fn on_two_schedulers(factor: f64) -> Book {
    let mut book = Book::new(6);
    let subject = Subject {
        kind: Kind::Scheduler,
        setup: "on another scheduler".to_owned(),
        lacks: Vec::new(),
    };
    let subjects = &mut book.run.header.subjects;
    subjects.insert("goish-on-other".to_owned(), subject);
    six_metrics(&mut book, "flume", 1.0);
    for (name, factor) in [("flume", 1.0), ("goish-on-other", factor)] {
        for (case, metric) in [("spawn-1m", "per-goroutine"), ("ping-pong", "round-trip")] {
            book.ok(
                cell(case, "", Mode::Goish, name),
                &[(metric, "ns", 100.0 * factor)],
            );
        }
    }
    book
}

#[test]
fn a_scheduler_is_recommended_when_it_is_clearly_faster() {
    let (_, decision) = report(&on_two_schedulers(0.5).run);
    let answer = "Make goish-on-other's scheduler the default: over 2 figures";
    assert!(decision.contains(answer), "{decision}");
    let (_, decision) = report(&on_two_schedulers(1.5).run);
    assert!(decision.contains("Keep the default scheduler: over 2 figures"));
}

#[test]
fn a_scheduler_that_does_not_finish_what_the_default_does_is_not_recommended() {
    let mut book = on_two_schedulers(0.5);
    let parked = |name| cell("parked-1m", "", Mode::Goish, name);
    book.ok(
        parked("flume"),
        &[("resident-per-goroutine", "bytes", 100.0)],
    );
    let died = Outcome::Error {
        reason: "it was killed by signal 9".to_owned(),
    };
    book.ended(parked("goish-on-other"), died);
    let (_, decision) = report(&book.run);
    let answer = "Keep the default scheduler: goish-on-other does not finish parked-1m";
    assert!(decision.contains(answer), "{decision}");
}

#[test]
fn the_default_is_kept_when_the_interval_includes_one() {
    let mut book = Book::new(6);
    six_metrics(&mut book, "flume", 1.0);
    six_metrics(&mut book, "async-channel", 1.0);
    // One of the two is a little ahead in every other pair only.
    for row in &mut book.run.rows {
        let factor = match (row.cell.engine.as_str(), row.sample % 3) {
            ("async-channel", 0) => 1.2,
            ("async-channel", _) => 0.9,
            _ => 1.0,
        };
        if let Outcome::Ok { figures } = &mut row.outcome {
            figures.iter_mut().for_each(|figure| figure.value *= factor);
        }
    }
    let (_, decision) = report(&book.run);
    assert!(decision.contains("**Keep flume:"), "{decision}");
    assert!(decision.contains("no clear winner"), "{decision}");
    assert!(decision.contains("includes 1"), "{decision}");
}

#[test]
fn no_winner_is_named_from_a_single_pair() {
    let mut book = Book::new(1);
    six_metrics(&mut book, "flume", 1.0);
    six_metrics(&mut book, "async-channel", 3.0);
    let (_, decision) = report(&book.run);
    assert!(decision.contains("| no clear winner |"), "{decision}");
    assert!(decision.contains("of only 1 pair"), "{decision}");
}

#[test]
fn a_default_that_did_not_finish_the_fan_in_is_replaced() {
    let mut book = Book::new(6);
    six_metrics(&mut book, "flume", 1.0);
    six_metrics(&mut book, "async-channel", 2.0);
    book.ended(
        cell("fan-in", "n=1000000", Mode::Goish, "flume"),
        dnf(1, 1_000_000),
    );
    book.ok(
        cell("fan-in", "n=1000000", Mode::Goish, "async-channel"),
        &[("per-message", "ns", 300.0)],
    );
    let (_, decision) = report(&book.run);
    assert!(
        decision.contains("**Make async-channel the default"),
        "{decision}"
    );
}

#[test]
fn every_way_to_have_no_figure_shows_with_its_reason() {
    let run = whole(&["flume", "async-channel"], 6).run;
    let (page, decision) = report(&run);
    for text in [&page, &decision] {
        assert!(text.contains("DNF at 38.1 %"));
        assert!(text.contains("381,244 of 1,000,000"));
        assert!(text.contains("the deadline of 20 s passed"));
        assert!(text.contains("efused: the crate has no capacity 0"));
        assert!(text.contains("missing"));
        assert!(text.contains("&lt;b&gt;signal 9&lt;/b&gt; &amp; left no row"));
        assert!(!text.contains("<b>signal 9"));
    }
}

#[test]
fn the_page_needs_nothing_from_outside_and_every_chart_says_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    write(&whole(&["flume", "async-channel"], 6).run, folder.path()).unwrap();
    let page = fs::read_to_string(folder.path().join("index.html")).unwrap();
    let without_namespace = page.replace("http://www.w3.org/2000/svg", "");
    for outside in ["http:", "https:", "<script", "@import", "url("] {
        assert!(!without_namespace.contains(outside), "{outside}");
    }
    let charts: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "svg"))
        .collect();
    assert_eq!(charts.len(), 9);
    assert_eq!(page.matches("<svg").count(), charts.len());
    for chart in charts {
        let svg = fs::read_to_string(&chart).unwrap();
        assert!(
            svg.contains("<title") && svg.contains("<desc"),
            "{}",
            chart.display()
        );
        assert!(
            svg.contains("prefers-color-scheme:dark"),
            "{}",
            chart.display()
        );
    }
}

#[test]
fn a_report_that_is_generated_twice_is_the_same() {
    let run = whole(&["flume", "async-channel"], 6).run;
    assert_eq!(report(&run), report(&run));
}

#[test]
fn odd_runs_get_a_report() {
    let engines = [
        "flume",
        "async-channel",
        "native",
        "kanal",
        "crossfire",
        "loole",
        "tokio-mpsc",
        "an-engine-with-a-name-that-no-margin-has-room-for",
        "ninth",
    ];
    for count in [0, 1, 2, 8, 9] {
        let (page, decision) = report(&whole(&engines[..count], 3).run);
        assert!(page.ends_with("</html>"), "{count} engines");
        assert!(decision.contains("## Recommendation"), "{count} engines");
    }
}

#[test]
fn an_empty_run_says_that_it_is_empty() {
    let (page, decision) = report(&Book::new(0).run);
    assert!(
        decision.contains("No recommendation: the current default, flume, is not part of this run")
    );
    assert!(page.contains("Missing: this run planned nothing and measured nothing."));
    assert!(!page.contains("<svg"));
}

#[test]
fn a_run_with_a_plan_and_no_rows_shows_every_cell_as_missing() {
    let mut run = whole(&["flume", "async-channel"], 3).run;
    run.rows.clear();
    let (page, _) = report(&run);
    assert!(page.contains("missing"));
    assert!(!page.contains("NaN"));
}

#[test]
fn values_of_any_size_are_drawn_or_said() {
    for value in [
        0.0,
        -1.0,
        1e-9,
        1e9,
        1e300,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::NAN,
        f64::INFINITY,
    ] {
        let mut book = Book::new(0);
        for sample in 0..3 {
            let figures = vec![Figure {
                metric: "per-message".to_owned(),
                unit: "ns".to_owned(),
                value,
            }];
            for case in [
                "prod-cons-1",
                "prod-cons-1024",
                "contended-16",
                "prod-cons-unbounded",
            ] {
                let cell = cell(case, "", Mode::Raw, "flume");
                book.sample(
                    cell,
                    sample,
                    Outcome::Ok {
                        figures: figures.clone(),
                    },
                    None,
                );
            }
            for param in ["n=1000", "n=1000000", "n=0", "n=x", ""] {
                let cell = cell("fan-in", param, Mode::Goish, "flume");
                book.sample(
                    cell,
                    sample,
                    Outcome::Ok {
                        figures: figures.clone(),
                    },
                    None,
                );
            }
        }
        let (page, _) = report(&book.run);
        assert!(!page.contains("NaN") && !page.contains("inf\""), "{value}");
    }
    let mut book = Book::new(3);
    for (engine, value) in [("flume", 0.5), ("async-channel", 4.7e8)] {
        book.ok(
            cell("prod-cons-1", "", Mode::Goish, engine),
            &[("per-message", "ns", value)],
        );
    }
    let (page, _) = report(&book.run);
    assert!(
        page.contains("0.503 ns") && page.contains("473 ms"),
        "both ends are written"
    );
}

#[test]
fn a_note_that_forbids_a_plain_comparison_stands_beside_it() {
    let mut book = Book::new(0);
    for sample in 0..3 {
        let figures = vec![Figure {
            metric: "round-trip".to_owned(),
            unit: "ns".to_owned(),
            value: 500.0,
        }];
        book.sample(
            cell("ping-pong", "", Mode::Raw, "async-channel"),
            sample,
            Outcome::Ok { figures },
            Some("capacity 1: no rendezvous"),
        );
    }
    let (page, decision) = report(&book.run);
    let note = "ping-pong, async-channel, raw: capacity 1: no rendezvous.";
    assert!(page.contains(note) && decision.contains(note), "{decision}");
}

#[test]
fn rows_of_two_machines_are_refused() {
    let mut run = whole(&["flume"], 3).run;
    run.rows[5].machine = "another".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let error = write(&run, folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("another") && error.contains("never mixed"),
        "{error}"
    );
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn what_stands_in_the_way_is_named() {
    let run = whole(&["flume"], 3).run;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "mine").unwrap();
    let error = write(&run, &file).unwrap_err();
    assert!(matches!(error, ReportError::FileInTheWay { .. }), "{error}");
    let error = write(&run, &file.join("below")).unwrap_err().to_string();
    assert!(error.contains("file"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");

    let out = folder.path().join("out");
    fs::create_dir_all(out.join("decision.md")).unwrap();
    let error = write(&run, &out).unwrap_err();
    assert!(
        matches!(error, ReportError::FolderInTheWay { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("decision.md"), "{error}");
}

/// `/dev/full` and read-only mounts need rights that a test does not have; a file system that
/// refuses to make a file is near enough to both, and `/proc` is one everywhere on Linux.
#[cfg(target_os = "linux")]
#[test]
fn a_place_that_takes_no_files_is_one_sentence() {
    let run = whole(&["flume"], 3).run;
    let error = write(&run, Path::new("/proc/goish-report"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("the report was not written: cannot create"),
        "{error}"
    );
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_readme_gets_its_tables_and_keeps_its_words() {
    let run = whole(&["flume", "async-channel"], 6).run;
    let readme = "before\n<!-- lab:begin six-metrics -->\nold\n<!-- lab:end six-metrics -->\nbetween\n\
                  <!-- lab:begin machine -->\n<!-- lab:end machine -->\nafter";
    let summaries = summarise(&run);
    let spliced = splice(readme, &run, &summaries).unwrap();
    assert!(spliced.starts_with("before\n<!-- lab:begin six-metrics -->\n"));
    assert!(spliced.ends_with("<!-- lab:end machine -->\nafter"));
    assert!(spliced.contains("ping-pong latency") && spliced.contains("cargo lab run"));
    assert!(!spliced.contains("old") && spliced.contains("\nbetween\n"));
    assert_eq!(
        splice(&spliced, &run, &summaries).unwrap(),
        spliced,
        "twice is as good as once"
    );
}

#[test]
fn every_marker_has_a_table_and_a_wrong_one_is_named_with_its_line() {
    let run = whole(&["flume"], 3).run;
    let summaries = summarise(&run);
    let error = |text: &str| splice(text, &run, &summaries).unwrap_err().to_string();
    let unknown = error("x\n<!-- lab:begin nonsense -->\n<!-- lab:end nonsense -->\n");
    assert!(
        unknown.starts_with("line 2:") && unknown.contains("`nonsense`"),
        "{unknown}"
    );
    let names = unknown.split("there are ").nth(1).unwrap();
    for name in names.split(", ") {
        let text = format!("<!-- lab:begin {name} -->\n<!-- lab:end {name} -->\n");
        assert!(splice(&text, &run, &summaries).is_ok(), "{name}");
    }
    assert!(error("<!-- lab:begin run -->\n").starts_with("line 1:"));
    assert!(error("a\n<!-- lab:end run -->\n").starts_with("line 2:"));
    let crossed =
        error("<!-- lab:begin run -->\n<!-- lab:begin machine -->\n<!-- lab:end run -->\n");
    assert!(crossed.contains("`lab:begin run`"), "{crossed}");
}
