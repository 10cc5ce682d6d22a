//! What criterion left is taken in when it is ours and fresh, and refused by name otherwise.

#![cfg(unix)]

mod support;

use std::fs;
use std::path::Path;

use goish_lab::criterion_output::Stamp;
use serde_json::json;
use support::{Ended, Lab};

/// Lays out what criterion writes for one benchmark.
fn benchmark(folder: &Path, group: &str, throughput: serde_json::Value) {
    let new = folder.join(group).join("raw/flume/new");
    fs::create_dir_all(&new).unwrap();
    let write = |name: &str, value: serde_json::Value| {
        fs::write(new.join(name), value.to_string()).unwrap();
    };
    write(
        "benchmark.json",
        json!({
            "group_id": group, "function_id": "raw", "value_str": "flume",
            "throughput": throughput, "full_id": format!("{group}/raw/flume"),
            "directory_name": "", "title": "",
        }),
    );
    let estimate = json!({
        "confidence_interval":
            {"confidence_level": 0.95, "lower_bound": 9000.0, "upper_bound": 11000.0},
        "point_estimate": 10000.0, "standard_error": 1.0,
    });
    write(
        "estimates.json",
        json!({"mean": estimate, "median": estimate, "slope": null}),
    );
    write(
        "sample.json",
        json!({"sampling_mode": "Flat", "iters": [1.0, 1.0], "times": [1.0, 2.0]}),
    );
}

fn report(lab: &Lab) -> Ended {
    lab.lab(&[
        "report",
        &format!("--criterion={}", lab.path("criterion").display()),
    ])
}

fn measured() -> Lab {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    lab
}

#[test]
fn fresh_figures_are_taken_in_for_one_operation_each() {
    let lab = measured();
    let folder = lab.path("criterion");
    Stamp::leave("bakeoff", &folder).unwrap();
    Stamp::leave("fan_in", &folder).unwrap();
    benchmark(&folder, "ping-pong", json!(null));
    benchmark(&folder, "fan-in", json!({"Elements": 1000}));
    let ended = report(&lab).succeeded();
    assert!(ended.stdout.contains("criterion.csv\n"), "{}", ended.stdout);
    let reports = lab.results().join("reports").join(lab.id());
    let csv = fs::read_to_string(reports.join("criterion.csv")).unwrap();
    assert_eq!(
        csv,
        "id,unit,median,lo,hi,samples\n\
         \"fan-in/raw/flume\",ns,10,9,11,2\n\
         \"ping-pong/raw/flume\",ns,10000,9000,11000,2\n"
    );
    let decision = fs::read_to_string(reports.join("decision.md")).unwrap();
    assert!(
        decision.contains("| ping-pong/raw/flume | 10.0 µs |"),
        "{decision}"
    );
}

#[test]
fn a_benchmark_of_nobody_we_know_is_foreign() {
    let lab = measured();
    benchmark(&lab.path("criterion"), "fibonacci", json!(null));
    report(&lab).failed_with(1, &["fibonacci", "foreign"]);
}

#[test]
fn a_benchmark_without_its_suites_stamp_is_foreign() {
    let lab = measured();
    benchmark(&lab.path("criterion"), "spawn-1m", json!(null));
    report(&lab).failed_with(1, &["spawn-1m", "no stamp", "cargo bench --bench spawn"]);
}

#[test]
fn a_benchmark_of_another_commit_is_stale() {
    let lab = measured();
    let folder = lab.path("criterion");
    Stamp::leave("bakeoff", &folder).unwrap();
    benchmark(&folder, "ping-pong", json!(null));
    let path = folder.join("goish-lab-bakeoff.json");
    let mut stamp: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    stamp["commit"] = "0123456".into();
    fs::write(&path, stamp.to_string()).unwrap();
    report(&lab).failed_with(1, &["ping-pong", "stale", "0123456"]);
}

#[test]
fn a_benchmark_of_an_older_build_is_stale() {
    let lab = measured();
    let folder = lab.path("criterion");
    Stamp::leave("bakeoff", &folder).unwrap();
    benchmark(&folder, "ping-pong", json!(null));
    let path = folder.join("goish-lab-bakeoff.json");
    let mut stamp: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    stamp["built"]["secs_since_epoch"] = 10_000_000_000_u64.into();
    fs::write(&path, stamp.to_string()).unwrap();
    report(&lab).failed_with(1, &["ping-pong", "stale", "older build"]);
}

#[test]
fn nothing_and_what_is_not_criterions_are_told_apart() {
    let lab = measured();
    report(&lab).failed_with(1, &["nothing of criterion", "cargo bench"]);
    let folder = lab.path("criterion");
    Stamp::leave("bakeoff", &folder).unwrap();
    benchmark(&folder, "ping-pong", json!(null));
    fs::write(folder.join("ping-pong/raw/flume/new/sample.json"), "{").unwrap();
    report(&lab).failed_with(1, &["sample.json cannot be read"]);
}
