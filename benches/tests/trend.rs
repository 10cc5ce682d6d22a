//! Trends over recorded runs, and accepting a step in one.

mod support;

use std::fs;

use support::{Ended, Lab};

/// A store with these figures of `prod-cons-1`, one run each, a day apart.
fn history(values: &[f64]) -> Lab {
    let lab = Lab::new();
    for (day, value) in values.iter().enumerate() {
        run(&lab, day + 1, *value, "cargo lab run");
    }
    lab
}

fn run(lab: &Lab, day: usize, value: f64, command: &str) {
    let id = format!("2026-10-{day:02}T00-00-00Z-{day:07}");
    let folder = lab.results().join("runs").join(&id);
    fs::create_dir_all(&folder).unwrap();
    let cell = r#""case":"prod-cons-1","param":"","mode":"goish","engine":"native""#;
    let machine = r#"{"cpu_model":"abacus","cores":2,"memory_bytes":1073741824,"kernel":"k","governor":"performance","smt":"off","hypervisor":"none","allocator":"system","workers":2}"#;
    let header = format!(
        r#"{{"schema":1,"id":"{id}","started_at":"2026-10-{day:02}T00:00:00Z","commit":"{day:07}","dirty":false,"machine":{machine},"engine_versions":{{"native":"goish-engines 0.1.0"}},"command":"{command}","quick":false,"plan":[{{"order":0,{cell},"sample":0}}]}}"#
    );
    fs::write(folder.join("run.json"), &header).unwrap();
    let fingerprint = serde_json::from_str::<goish_results::machine::Machine>(machine)
        .unwrap()
        .fingerprint();
    let row = format!(
        r#"{{"schema":1,"run":"{id}","order":0,"at":"2026-10-{day:02}T00:00:01Z","commit":"{day:07}","dirty":false,"machine":"{fingerprint}","engine_version":"goish-engines 0.1.0",{cell},"sample":0,"workers":2,"wall_ns":1,"status":"ok","figures":[{{"metric":"per-message","unit":"ns","value":{value}}}]}}"#
    );
    fs::write(folder.join("rows.jsonl"), row + "\n").unwrap();
}

/// Ten days at 100 ns and ten at 120 ns.
fn stepped() -> Lab {
    let wobble = |day: usize| 1.0 + 0.004 * ((day * 7 % 5) as f64 - 2.0);
    let values: Vec<f64> = (0..20)
        .map(|day| if day < 10 { 100.0 } else { 120.0 } * wobble(day))
        .collect();
    history(&values)
}

fn check(lab: &Lab) -> Ended {
    lab.lab(&["trend", "--check"])
}

#[test]
fn a_step_is_shown_with_its_run_and_its_commit_and_a_chart() {
    let lab = stepped();
    let ended = lab.lab(&["trend"]).succeeded();
    assert!(
        ended
            .stdout
            .contains("% at 0000011 (2026-10-11T00-00-00Z-0000011)"),
        "{}",
        ended.stdout
    );
    let page = fs::read_to_string(lab.results().join("reports/trend/trend.md")).unwrap();
    assert!(
        page.contains("`0000011`") && page.contains("Nobody has accepted it."),
        "{page}"
    );
    assert!(
        lab.results()
            .join("reports/trend/prod-cons-1-on-native-per-message.svg")
            .is_file()
    );
    check(&lab).failed_with(3, &["prod-cons-1 goish native", "cargo lab bless"]);
}

#[test]
fn accepting_a_step_with_its_reason_resets_the_level() {
    let lab = stepped();
    let bless = [
        "bless",
        "prod-cons-1",
        "--engine",
        "native",
        "--why",
        "fair at last",
    ];
    lab.lab(&bless).succeeded();
    let ended = check(&lab).succeeded();
    assert!(
        ended.stdout.contains("accepted: fair at last"),
        "{}",
        ended.stdout
    );
    let kept = fs::read_to_string(lab.results().join("blessed.jsonl")).unwrap();
    assert_eq!(kept.lines().count(), 1);
}

#[test]
fn a_level_history_has_no_step() {
    let lab = history(&[100.0, 100.4, 99.7, 100.2, 99.9, 100.1]);
    let ended = check(&lab).succeeded();
    assert!(ended.stdout.contains("none"), "{}", ended.stdout);
}

#[test]
fn what_was_scaled_down_is_in_no_trend_and_cmp_says_so() {
    let lab = history(&[100.0, 100.4]);
    run(&lab, 3, 900.0, "cargo lab run --scale 100");
    let ended = lab.lab(&["trend", "--json"]).succeeded();
    assert!(!ended.stdout.contains("0000003"), "{}", ended.stdout);
    let ended = lab.lab(&[
        "cmp",
        "2026-10-01T00-00-00Z-0000001",
        "2026-10-03T00-00-00Z-0000003",
    ]);
    assert!(
        ended
            .stderr
            .contains("was divided by 100: it is no real measurement"),
        "{ended:?}"
    );
}

#[test]
fn too_few_runs_and_an_unknown_machine_are_told() {
    history(&[100.0])
        .lab(&["trend"])
        .failed_with(5, &["no trend yet", "1 run"]);
    Lab::new().lab(&["trend"]).failed_with(5, &["no run"]);
    let lab = history(&[100.0, 100.0]);
    lab.lab(&["trend", "--machine", "x"])
        .failed_with(2, &["no run of the machine `x`"]);
    lab.lab(&["trend", "--cases", "x"])
        .failed_with(2, &["there is no case `x`"]);
}

#[test]
fn damaged_blessings_are_named_by_file_and_line() {
    let lab = stepped();
    fs::write(lab.results().join("blessed.jsonl"), "{\"schema\":1,\n").unwrap();
    lab.lab(&["trend"])
        .failed_with(1, &["blessed.jsonl, line 1"]);
}
