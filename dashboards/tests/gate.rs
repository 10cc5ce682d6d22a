//! What a gate leaves for its readers: the summary, the chart and the exports.

use std::fs;

use goish_dashboards::gate::{bencher, openmetrics, summary, write_gate};
use goish_results::gate::record::{
    CaseReport, Count, Counts, GateHeader, GateReport, Revision, SCHEMA,
};
use goish_results::gate::{Finding, NullControl, Reason, Rules, Verdict};
use goish_results::machine::Machine;
use goish_results::record::{Cell, Mode};
use goish_results::statistics::Ratio;

fn cell(case: &str, param: &str) -> Cell {
    Cell {
        case: case.to_owned(),
        param: param.to_owned(),
        mode: Mode::Goish,
        engine: "flume".to_owned(),
    }
}

fn ratio(median: f64) -> Ratio {
    Ratio {
        median,
        lo: median * 0.98,
        hi: median * 1.02,
    }
}

fn control(median: f64) -> NullControl {
    NullControl {
        ratio: ratio(median),
        p: 0.4,
    }
}

fn finding(verdict: Verdict, reason: Reason, times: f64) -> Finding {
    Finding {
        verdict,
        reason,
        ratio: Some(ratio(times)),
        p: Some(0.0001),
        base: Some(80.0),
        head: Some(80.0 * times),
        detectable: Some(1.034),
        null: Some(control(1.004)),
        confirmation: Some(control(times)),
        discovery_blocks: 32,
        confirmation_blocks: 32,
        floor: Some(1.03),
    }
}

fn report() -> GateReport {
    let revision = |name: &str, dirty| Revision {
        name: name.to_owned(),
        commit: "0123456789abcdef".to_owned(),
        dirty,
        program: "d".to_owned(),
    };
    let case = |cell, finding| CaseReport::of(cell, ("per-message", "ns"), finding);
    GateReport {
        header: GateHeader {
            schema: SCHEMA,
            id: "gate".to_owned(),
            started_at: String::new(),
            command: "cargo lab gate --base main".to_owned(),
            base: revision("main", false),
            head: revision("work tree", true),
            machine: Machine::detect("system", 2),
            budget_seconds: 540.0,
            seed: 1,
            rules: Rules::of(4),
        },
        ended_at: String::new(),
        seconds: 331.0,
        samples: 3_120,
        cases: vec![
            case(
                cell("prod-cons-1", ""),
                finding(Verdict::Same, Reason::WithinFloors, 1.001),
            ),
            case(
                cell("contended-16", "capacity=16"),
                finding(Verdict::Slower, Reason::Confirmed, 1.12),
            ),
            case(
                cell("cancel", "n=1000,order=fifo"),
                Finding::without_samples(Reason::HeadFailed {
                    why: "it panicked: a | b <script>".to_owned(),
                }),
            ),
        ],
        counts: Counts {
            not_run: vec!["instructions were not counted: there is no valgrind here".to_owned()],
            counts: vec![
                Count::judge(
                    cell("rss-100k", "capacity=0"),
                    ("heap-per-channel", "bytes"),
                    0.0,
                    Ok(88.0),
                    Ok(104.0),
                ),
                Count::judge(
                    cell("cancel", ""),
                    ("allocations-per-operation", "allocations"),
                    0.0,
                    Ok(1.0),
                    Ok(1.0),
                ),
            ],
        },
        notes: Vec::new(),
        interrupted: false,
    }
}

#[test]
fn the_summary_says_first_what_matters_and_folds_the_rest() {
    let text = summary(&report());
    let place = |words: &str| {
        text.find(words)
            .unwrap_or_else(|| panic!("`{words}` is missing from:\n{text}"))
    };
    assert_eq!(place("## Performance gate: regression"), 0);
    let slower = place("| **slower** | contended-16 capacity=16 on flume | +12.0 %");
    let failed = place("a sample of head failed: it panicked: a \\| b &lt;script>");
    let more = place(
        "| **more** | rss-100k capacity=0 on flume | heap-per-channel | 88.00 | 104.00 | from 88 to 104 (+18.18 %) |",
    );
    let folded = place("<details><summary>1 the same</summary>");
    let same = place("| same | prod-cons-1 on flume |");
    assert!(
        slower < failed && failed < folded && folded < same && same < more,
        "{text}"
    );
    place("> **Not run:** instructions were not counted");
    place("found, and found again in a second group (+12.0 %)");
    place("work tree (0123456, with changes that are not committed)");
}

#[test]
fn a_summary_fits_a_comment_however_much_there_is_to_say() {
    let mut report = report();
    let case = report.cases[1].clone();
    report.cases = vec![case; 1_000];
    let text = summary(&report);
    assert!(text.len() < 65_536, "{}", text.len());
    assert!(text.ends_with("(The rest is in `report.json`.)\n"));
}

#[test]
fn what_was_not_counted_is_never_called_unchanged() {
    let mut report = report();
    report.counts.counts.clear();
    let text = summary(&report);
    assert!(text.contains("Counts: not run"), "{text}");
    report.counts.counts = vec![Count::judge(
        cell("cancel", ""),
        ("allocations-per-operation", "allocations"),
        0.0,
        Ok(1.0),
        Ok(1.0),
    )];
    let text = summary(&report);
    assert!(
        text.contains("Counts: all 1 that were run unchanged"),
        "{text}"
    );
}

#[test]
fn benchers_format_has_each_measure_with_the_ends_of_its_interval() {
    let value: serde_json::Value = serde_json::from_str(&bencher(&report())).unwrap();
    let measure = &value["contended-16/capacity=16/goish/flume"]["per-message"];
    let close = |value: &serde_json::Value, expected: f64| {
        (value.as_f64().unwrap() - expected).abs() < 1e-9
    };
    assert!(close(&measure["value"], 89.6), "{measure}");
    assert!(
        close(&measure["lower_value"], 80.0 * 1.12 * 0.98),
        "{measure}"
    );
    assert!(
        close(&measure["upper_value"], 80.0 * 1.12 * 1.02),
        "{measure}"
    );
    assert_eq!(
        value["rss-100k/capacity=0/goish/flume"]["heap-per-channel"]["value"],
        104.0
    );
    // What failed has no value, and is left out.
    assert!(value.get("cancel/n=1000,order=fifo/goish/flume").is_none());
}

#[test]
fn openmetrics_has_each_family_once_and_ends_as_it_must() {
    let text = openmetrics(&report());
    assert!(text.ends_with("\n# EOF\n"));
    let mut families = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let name = rest.split(' ').next().unwrap();
            assert!(!families.contains(&name), "{name} twice");
            families.push(name);
        } else if !line.starts_with('#') {
            let (series, value) = line.rsplit_once(' ').unwrap();
            value.parse::<f64>().unwrap();
            let name = series.split(['{', ' ']).next().unwrap();
            assert_eq!(families.last(), Some(&name), "{line}");
        }
    }
    assert!(text.contains("goish_gate_exit_code 3\n"), "{text}");
    assert!(text.contains("goish_gate_ratio{case=\"contended-16\",param=\"capacity=16\",mode=\"goish\",engine=\"flume\"} 1.12"), "{text}");
}

#[test]
fn the_files_are_written_and_the_chart_shows_every_case_that_has_a_ratio() {
    let folder = tempfile::tempdir().unwrap();
    write_gate(&report(), folder.path()).unwrap();
    for file in ["summary.md", "bencher.json", "metrics.txt"] {
        assert!(folder.path().join(file).is_file(), "{file}");
    }
    let chart = fs::read_to_string(folder.path().join("gate.svg")).unwrap();
    assert!(
        chart.contains("contended-16 capacity=16 on flume")
            && chart.contains("prod-cons-1 on flume")
    );
    assert!(!chart.contains("NaN"));
}
