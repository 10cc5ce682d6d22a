//! A store that cannot be read or written: one sentence, the right exit code, and nothing lost.

#![cfg(unix)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use support::{Ended, Lab};

fn measured() -> Lab {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    lab
}

#[test]
fn a_row_of_a_newer_schema_is_refused_with_both_versions() {
    let lab = measured();
    let path = lab.file("rows.jsonl");
    let rows = fs::read_to_string(&path)
        .unwrap()
        .replace("\"schema\":1", "\"schema\":99");
    fs::write(&path, rows).unwrap();
    for command in ["rank", "report"] {
        lab.lab(&[command])
            .failed_with(1, &["rows.jsonl, line 1", "schema 99", "newer"]);
    }
}

#[test]
fn a_line_that_is_not_json_is_refused_by_its_number() {
    let lab = measured();
    let path = lab.file("rows.jsonl");
    let rows = fs::read_to_string(&path).unwrap().replacen('{', "<", 1);
    fs::write(&path, &rows).unwrap();
    lab.lab(&["rank"]).failed_with(1, &["rows.jsonl, line 1"]);
    lab.lab(&["run", "--resume", &lab.id()])
        .failed_with(1, &["rows.jsonl, line 1"]);
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        rows,
        "nothing is mended behind one's back"
    );
}

#[test]
fn rows_of_another_run_are_refused() {
    let lab = measured();
    let path = lab.file("rows.jsonl");
    let rows = fs::read_to_string(&path)
        .unwrap()
        .replace(&lab.id(), "elsewhere");
    fs::write(&path, rows).unwrap();
    lab.lab(&["rank"])
        .failed_with(1, &["`elsewhere`", &lab.id()]);
}

#[test]
fn a_file_in_the_place_of_the_store_stops_the_run_before_it_measures() {
    let lab = Lab::new();
    fs::write(lab.results(), "precious").unwrap();
    let ended = lab.run("prod-cons-1", &[]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.sentence().contains("results"), "{ended:?}");
    assert!(!ended.stderr.contains("[1/"), "{ended:?}");
    assert_eq!(fs::read_to_string(lab.results()).unwrap(), "precious");
}

#[test]
#[cfg(target_os = "linux")]
fn a_store_that_cannot_be_written_stops_the_run_before_it_measures() {
    let lab = Lab::new();
    // Nobody makes folders there, not even root, for whom no permission is missing.
    let mut arguments = support::run("prod-cons-1", &[]);
    arguments.extend(["--results", "/sys/goish"]);
    let ended = lab.lab(&arguments);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.sentence().contains("/sys/goish"), "{ended:?}");
    assert!(!ended.stderr.contains("[1/"), "{ended:?}");
}

#[test]
fn a_read_only_store_is_still_ranked() {
    let lab = measured();
    let locked = |mode| {
        for below in ["runs", ""] {
            let path = lab.results().join(below);
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    locked(0o555);
    let ranked = lab.lab(&["rank"]);
    locked(0o755);
    ranked.succeeded();
}

#[test]
fn a_report_names_the_engine_that_was_the_default_when_the_run_was_taken() {
    let lab = measured();
    let path = lab.file("run.json");
    let header = fs::read_to_string(&path).unwrap();
    let mut header: serde_json::Value = serde_json::from_str(&header).unwrap();
    assert_eq!(header["default_engine"], "native");
    header["default_engine"] = "of-then".into();
    fs::write(&path, header.to_string()).unwrap();
    lab.lab(&["report"]).succeeded();
    let reports = lab.results().join("reports").join(lab.id());
    let decision = fs::read_to_string(reports.join("decision.md")).unwrap();
    assert!(decision.contains("of-then"), "{decision}");
}

#[test]
fn a_report_without_its_place_is_not_written_and_the_run_is_kept() {
    let lab = measured();
    let rows = fs::read(lab.file("rows.jsonl")).unwrap();
    fs::remove_dir_all(lab.results().join("reports")).unwrap();
    fs::write(lab.results().join("reports"), "in the way").unwrap();
    let retry = format!("cargo lab report --run {}", lab.id());
    lab.lab(&["report"])
        .failed_with(1, &["reports", "the run is kept", &retry]);
    assert_eq!(fs::read(lab.file("rows.jsonl")).unwrap(), rows);
}

#[test]
fn a_report_without_space_is_not_written_and_the_old_one_stays() {
    let lab = measured();
    let page = lab
        .results()
        .join("reports")
        .join(lab.id())
        .join("index.html");
    let old = fs::read(&page).unwrap();
    // A limit on the size of files is the closest thing to a full disk that anybody may set.
    let script = format!(
        "trap '' XFSZ; ulimit -f 1; exec '{}' report",
        env!("CARGO_BIN_EXE_lab")
    );
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .env("GOISH_RESULTS", lab.results());
    let ended: Ended = shell.output().unwrap().into();
    ended.failed_with(1, &["the report was not written", "the run is kept"]);
    assert_eq!(fs::read(&page).unwrap(), old);
    let reports = fs::read_dir(page.parent().unwrap()).unwrap();
    let names: Vec<_> = reports.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_string_lossy().starts_with('.')),
        "{names:?}"
    );
}

#[test]
fn a_row_without_space_ends_the_run_and_the_rows_before_it_are_kept() {
    let lab = Lab::new();
    // Room for the header and for some rows, but not for all sixty, whether the shell counts its
    // blocks as 512 bytes or as 1024.
    let cases = "prod-cons-1,prod-cons-1024,prod-cons-unbounded";
    let arguments = support::run(cases, &[])
        .join(" ")
        .replacen("--samples 1", "--samples 10", 1);
    let program = env!("CARGO_BIN_EXE_lab");
    let script = format!("trap '' XFSZ; ulimit -f 36; exec '{program}' {arguments}");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &script])
        .env("GOISH_RESULTS", lab.results());
    let ended: Ended = shell.output().unwrap().into();
    ended.failed_with(1, &["rows.jsonl", "kept", "--resume"]);
    let kept = lab.rows().len();
    assert!(kept > 0);
    let before = fs::read(lab.file("rows.jsonl")).unwrap();
    lab.lab(&["run", "--resume", &lab.id()]).succeeded();
    assert!(
        fs::read(lab.file("rows.jsonl"))
            .unwrap()
            .starts_with(&before)
    );
    assert_eq!(lab.rows().len(), 60);
}
