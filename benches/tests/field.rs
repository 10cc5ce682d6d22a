//! The field where it cannot be had: each subject is a row that says why, and the rest is measured.
#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::{Ended, Lab};

/// A program that does this.
fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// A workspace with nothing in it, so that neither a Go that was fetched for the lab nor a program
/// that was built for it is found.
fn workspace(lab: &Lab) -> PathBuf {
    let workspace = lab.path("workspace");
    fs::create_dir_all(workspace.join("benches/go")).unwrap();
    fs::write(workspace.join("Cargo.toml"), "[workspace]\n").unwrap();
    fs::write(
        workspace.join("benches/Cargo.toml"),
        "[package]\nname = \"goish-lab\"\n",
    )
    .unwrap();
    workspace
}

/// Measures one case with one subject of the field, in a workspace of its own, with only these
/// tools.
fn measure(lab: &Lab, subject: &str, tools: &Path) -> Ended {
    let arguments = support::run("ping-pong", &["--field", "--subjects", subject]);
    let mut command = lab.command(&arguments);
    command
        .current_dir(workspace(lab))
        .env("PATH", tools)
        .env("CARGO", tools.join("cargo"));
    command.output().unwrap().into()
}

/// The rows of a subject; every other row must be a measurement.
fn rows_of(lab: &Lab, subject: &str) -> Vec<Value> {
    let (of_subject, others): (Vec<Value>, Vec<Value>) = lab
        .rows()
        .into_iter()
        .partition(|row| row["engine"] == subject);
    assert!(!others.is_empty());
    for row in others {
        assert_eq!(row["status"], "ok", "{row}");
    }
    of_subject
}

/// The reason of a subject that is not there: one row, refused.
fn reason(lab: &Lab, subject: &str) -> String {
    let rows = rows_of(lab, subject);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["status"], "refused", "{}", rows[0]);
    rows[0]["reason"].as_str().unwrap().to_owned()
}

#[test]
fn without_go_its_row_says_how_to_have_it() {
    let lab = Lab::new();
    let tools = lab.path("tools");
    fs::create_dir_all(&tools).unwrap();
    let ended = measure(&lab, "go", &tools).succeeded();
    assert!(reason(&lab, "go").contains("scripts/go.sh"));
    assert!(ended.stderr.contains("notice: go is not measured"));
    assert!(ended.stdout.contains("report: "));
}

#[test]
fn an_old_go_is_a_row_with_its_own_words() {
    let lab = Lab::new();
    let old = "echo 'go: go.mod requires go >= 1.26 (running go 1.19)' >&2; exit 1";
    let tools = lab.path("tools");
    script(&tools, "go", old);
    measure(&lab, "go", &tools).succeeded();
    let reason = reason(&lab, "go");
    assert!(reason.contains("requires go >= 1.26"), "{reason}");
}

#[test]
fn a_go_that_fails_to_build_is_a_row_with_the_first_error() {
    let lab = Lab::new();
    let broken = "echo '# goish-go' >&2; echo './main.go:3:1: syntax error' >&2; exit 1";
    let tools = lab.path("tools");
    script(&tools, "go", broken);
    measure(&lab, "go", &tools).succeeded();
    let reason = reason(&lab, "go");
    assert!(reason.ends_with("./main.go:3:1: syntax error"), "{reason}");
}

#[test]
fn a_crate_that_cannot_be_built_here_takes_nothing_else_with_it() {
    let lab = Lab::new();
    let tools = lab.path("tools");
    let fails = "echo 'warning: beside the point' >&2; echo 'error: failed to run custom build command for `x`' >&2; exit 101";
    script(&tools, "cargo", fails);
    measure(&lab, "loole", &tools).succeeded();
    let reason = reason(&lab, "loole");
    assert!(
        reason.contains("failed to run custom build command"),
        "{reason}"
    );
}

#[test]
fn an_unknown_subject_is_answered_with_those_that_there_are() {
    let lab = Lab::new();
    let ended = lab.run("ping-pong", &["--field", "--subjects", "erlang"]);
    ended.failed_with(2, &["`erlang`", "go", "may", "tokio-mpsc"]);
}

#[test]
fn a_case_of_goroutine_runtimes_needs_the_field() {
    let lab = Lab::new();
    lab.run("switch", &[])
        .failed_with(2, &["`switch`", "--field"]);
}

#[test]
fn subjects_are_the_fields() {
    let lab = Lab::new();
    let ended = lab.run("ping-pong", &["--subjects", "go"]);
    ended.failed_with(2, &["--field"]);
}

#[test]
fn an_unknown_case_of_the_field_is_answered_with_all_cases() {
    let lab = Lab::new();
    let ended = lab.run("fan-out", &["--field", "--subjects", "go"]);
    ended.failed_with(2, &["`fan-out`", "fan-in", "producers"]);
}
