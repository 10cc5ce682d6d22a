//! A run that was cut off keeps its rows, and is completed without touching them.

#![cfg(unix)]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use support::{Ended, Lab};

const CASES: &str = "prod-cons-1,prod-cons-1024";

/// A child that takes samples until the third, and waits there if there is a file `hang` beside the
/// script: until it is killed, or the run that started it is gone.
const HANGS_AT_THE_THIRD: &str = r#"
here=$(dirname "$0")
if [ -e "$here/hang" ]; then
    echo >> "$here/count"
    if [ "$(wc -l < "$here/count")" -ge 3 ]; then
        while kill -0 "$PPID" 2> /dev/null; do sleep 1; done
        exit 1
    fi
fi
exec "$LAB" "$@"
"#;

/// A run that has taken two samples and hangs at the third.
fn hanging() -> (Lab, Child) {
    let lab = Lab::with_child(HANGS_AT_THE_THIRD);
    fs::write(lab.path("hang"), "").unwrap();
    let mut running = lab
        .command(&support::run(CASES, &[]))
        .stderr(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(running.stderr.as_mut().unwrap()).lines();
    for line in lines {
        if line.unwrap().starts_with("[2/") {
            break;
        }
    }
    (lab, running)
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Completes the run and checks that the rows that were there are there still, byte for byte.
fn complete(lab: &Lab) {
    let before = fs::read(lab.file("rows.jsonl")).unwrap();
    fs::remove_file(lab.path("hang")).unwrap();
    let ended = lab.lab(&["run", "--resume", &lab.id()]).succeeded();
    let report = format!("reports/{}/index.html\n", lab.id());
    assert!(ended.stdout.ends_with(&report), "{}", ended.stdout);
    let after = fs::read(lab.file("rows.jsonl")).unwrap();
    assert!(after.starts_with(&before));
    let orders: Vec<_> = lab
        .rows()
        .iter()
        .map(|row| row["order"].as_u64().unwrap())
        .collect();
    assert_eq!(orders, [0, 1, 2, 3]);
    assert!(lab.rows().iter().all(|row| row["status"] == "ok"));
}

#[test]
fn a_killed_run_is_completed_and_its_rows_stay_byte_for_byte() {
    let (lab, mut running) = hanging();
    signal(&running, Signal::KILL);
    running.wait().unwrap();
    assert_eq!(lab.rows().len(), 2);
    lab.lab(&["rank"])
        .failed_with(5, &["2 are missing", "--resume", &lab.id()]);
    complete(&lab);
}

#[test]
fn a_run_that_was_killed_within_a_row_is_completed_too() {
    let (lab, mut running) = hanging();
    signal(&running, Signal::KILL);
    running.wait().unwrap();
    let path = lab.file("rows.jsonl");
    let mut rows = fs::read(&path).unwrap();
    let whole = rows.len();
    rows.extend_from_slice(b"{\"schema\":1,\"run\":\"2026");
    fs::write(&path, &rows).unwrap();

    let ended = lab.lab(&["rank"]);
    assert!(
        ended.stderr.contains("warning: ") && ended.stderr.contains("cut off"),
        "{ended:?}"
    );
    fs::remove_file(lab.path("hang")).unwrap();
    lab.lab(&["run", "--resume", &lab.id()]).succeeded();
    assert!(fs::read(&path).unwrap().starts_with(&rows[..whole]));
    assert_eq!(lab.rows().len(), 4);
}

#[test]
fn an_interrupted_run_says_how_to_complete_it() {
    for kind in [Signal::INT, Signal::TERM, Signal::HUP] {
        let (lab, running) = hanging();
        signal(&running, kind);
        let ended: Ended = running.wait_with_output().unwrap().into();
        let id = lab.id();
        ended.failed_with(
            5,
            &[
                "interrupted",
                "kept",
                &format!("cargo lab run --resume {id}"),
            ],
        );
        assert_eq!(lab.rows().len(), 2);
        complete(&lab);
    }
}

#[test]
fn a_complete_run_is_resumed_without_a_sample() {
    let lab = Lab::new();
    lab.run(CASES, &[]).succeeded();
    let rows = fs::read(lab.file("rows.jsonl")).unwrap();
    lab.lab(&["run", "--resume", &lab.id()]).succeeded();
    assert_eq!(fs::read(lab.file("rows.jsonl")).unwrap(), rows);
}

/// Takes a run, changes its header, and tries to resume it.
fn resumed_after(change: impl FnOnce(&mut serde_json::Value)) -> Ended {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    lab.change_header(change);
    lab.lab(&["run", "--resume", &lab.id()])
}

#[test]
fn a_run_of_another_commit_is_not_completed() {
    let ended = resumed_after(|header| header["commit"] = "0123456".into());
    ended.failed_with(1, &["the commit was 0123456 and is "]);
}

#[test]
fn a_run_of_another_machine_is_not_completed() {
    let ended = resumed_after(|header| header["machine"]["cpu_model"] = "abacus".into());
    ended.failed_with(1, &["cpu model was abacus and is "]);
}

#[test]
fn a_run_with_another_version_of_an_engine_is_not_completed() {
    let engine = goish_engines::built()[0].name;
    let ended = resumed_after(|header| header["engine_versions"][engine] = "flume 0.1.0".into());
    ended.failed_with(1, &[engine, "was flume 0.1.0 and is "]);
}

#[test]
fn a_run_with_an_engine_that_was_not_built_is_not_completed() {
    let ended = resumed_after(|header| header["engine_versions"]["abacus"] = "abacus 1.0".into());
    ended.failed_with(2, &["there is no engine `abacus`"]);
}
