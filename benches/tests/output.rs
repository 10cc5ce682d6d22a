//! What the commands print, and that nobody has to read it.

#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::fs::File;
use std::process::{Command, Stdio};

use goish_engines::{DefaultEngine, Engine};
use goish_lab::cases::CASES;
use serde_json::Value;
use support::{Ended, Lab};

#[test]
fn every_case_is_measured_in_both_modes_on_every_engine() {
    let lab = Lab::new();
    let ended = lab
        .lab(&["run", "--scale", "10000", "--samples", "1"])
        .succeeded();
    let report = format!("reports/{}/index.html\n", lab.id());
    assert!(ended.stdout.ends_with(&report), "{}", ended.stdout);
    assert!(lab.results().join(report.trim()).is_file());

    let ranked = lab.lab(&["rank", "--json"]).succeeded();
    let ranked: Vec<Value> = serde_json::from_str(&ranked.stdout).unwrap();
    let fields = [
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
    ];
    let mut cells = BTreeSet::new();
    for line in &ranked {
        assert!(
            fields.iter().all(|&field| line.get(field).is_some()),
            "{line}"
        );
        match refused(line) {
            true => assert!(
                line["status"] == "refused" && line["reason"].is_string(),
                "{line}"
            ),
            false => assert_eq!(line["status"], "ok", "{line}"),
        }
        let text = |field: &str| line[field].as_str().unwrap().to_owned();
        cells.insert([text("case"), text("param"), text("mode"), text("engine")]);
    }
    for case in CASES.iter().filter(|case| !case.only_in_field()) {
        // What is no matter of engines is measured on the default one, as goish alone can.
        let engines = match case.workload.is_of_surface() {
            true => vec![DefaultEngine::INFO],
            false => goish_engines::built(),
        };
        let modes = match case.workload.is_of_surface() {
            true => &["goish"][..],
            false => &["raw", "goish"],
        };
        for engine in engines {
            for mode in modes.iter().copied() {
                let cell = [case.name, case.param, mode, engine.name].map(str::to_owned);
                assert!(cells.contains(&cell), "{cell:?} is missing");
            }
        }
    }
    for row in lab.rows() {
        let note = row["note"].as_str().unwrap();
        assert!(note.contains("every count was divided by 10000"), "{row}");
        assert!(
            refused(&row) || row["runtime"]["workers"].as_u64().unwrap() >= 1,
            "{row}"
        );
    }
}

/// Whether goish refuses this line's engine altogether.
fn refused(line: &Value) -> bool {
    let built = goish_engines::built();
    let info = built.iter().find(|info| line["engine"] == info.name);
    let buffered = info.expect("a built engine").capabilities.buffered;
    line["mode"] == "goish" && matches!(buffered, goish_engines::Support::Missing(_))
}

#[test]
fn two_runs_are_compared_and_two_machines_only_when_asked() {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    let first = lab.id();
    lab.change_header(|header| header["machine"]["cpu_model"] = "abacus".into());
    // The rows name the machine as well; what decides is the header.
    let other = Lab::new();
    other.run("prod-cons-1", &[]).succeeded();
    let second = format!("{}-b", other.id());
    let (from, to) = (
        other.results().join("runs").join(other.id()),
        lab.results().join("runs").join(&second),
    );
    copy_run(&from, &to, &other.id(), &second);

    let arguments = ["cmp", first.as_str(), second.as_str()];
    lab.lab(&arguments)
        .failed_with(2, &["different machines", "abacus", "--across-machines"]);
    let ended = lab
        .lab(&["cmp", &first, &second, "--across-machines"])
        .succeeded();
    assert!(
        ended
            .stdout
            .contains("the machines differ in cpu model: abacus and "),
        "{}",
        ended.stdout
    );
    let json = lab
        .lab(&["cmp", &first, &second, "--across-machines", "--json"])
        .succeeded();
    let sides: Vec<Value> = serde_json::from_str(&json.stdout).unwrap();
    assert!(!sides.is_empty() && sides.iter().all(|side| side["case"] == "prod-cons-1"));
}

fn copy_run(from: &std::path::Path, to: &std::path::Path, old: &str, new: &str) {
    std::fs::create_dir_all(to).unwrap();
    for file in ["run.json", "rows.jsonl"] {
        let text = std::fs::read_to_string(from.join(file)).unwrap();
        std::fs::write(to.join(file), text.replace(old, new)).unwrap();
    }
}

#[test]
fn an_engine_is_compared_with_itself_within_a_run() {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    let engine = goish_engines::built()[0].name;
    let ended = lab.lab(&["cmp", engine, engine]).succeeded();
    assert!(ended.stdout.contains("1.00x"), "{}", ended.stdout);
}

#[test]
fn the_machine_is_described_with_its_fingerprint() {
    let ended = Lab::new().lab(&["machine"]).succeeded();
    assert!(
        ended.stdout.starts_with("fingerprint  "),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("what makes it noisy"),
        "{}",
        ended.stdout
    );
    let json = Lab::new().lab(&["machine", "--json"]).succeeded();
    let json: Vec<Value> = serde_json::from_str(&json.stdout).unwrap();
    assert!(
        ended
            .stdout
            .contains(json[0]["fingerprint"].as_str().unwrap())
    );
}

#[test]
fn output_that_nobody_reads_is_no_error() {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    for arguments in [
        &["rank"][..],
        &["rank", "--json"],
        &["machine"],
        &["--help"],
        &["report"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        // Closed before a byte was written, as `head` is after its last line.
        drop(reader);
        let output = lab
            .command(arguments)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let ended = Ended::from(output).succeeded();
        assert!(
            !ended.stderr.contains("error") && !ended.stderr.contains("panicked"),
            "{ended:?}"
        );
    }
}

#[test]
fn a_run_goes_on_when_nobody_reads_what_it_says() {
    let lab = Lab::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = lab.command(&support::run("prod-cons-1", &[]));
    let status = command
        .stdout(writer.try_clone().unwrap())
        .stderr(writer)
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(lab.rows().len(), 2);
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_does_not_fit_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = Lab::new()
        .command(&["machine"])
        .stdout(full)
        .stderr(Stdio::piped())
        .output();
    Ended::from(output.unwrap()).failed_with(1, &["the output cannot be written"]);
}

#[test]
fn the_tables_of_a_readme_are_filled_between_its_markers() {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    let readme = lab.path("README.md");
    std::fs::write(
        &readme,
        "before\n<!-- lab:begin run -->\n<!-- lab:end run -->\nafter\n",
    )
    .unwrap();
    lab.lab(&["report", &format!("--readme={}", readme.display())])
        .succeeded();
    let text = std::fs::read_to_string(&readme).unwrap();
    assert!(
        text.starts_with("before\n") && text.ends_with("after\n") && text.contains(&lab.id()),
        "{text}"
    );
}

#[test]
fn the_child_ends_without_waiting_for_tasks_that_are_still_parked() {
    // A deadline of a millisecond leaves most of a million goroutines where they are.
    let engine = goish_engines::built()[0].name;
    let mut child = Command::new(env!("CARGO_BIN_EXE_lab"));
    child.args([
        "child",
        "--case=parked-1m",
        "--mode=goish",
        "--workers=2",
        "--deadline-ms=1",
    ]);
    let ended = Ended::from(child.arg(format!("--engine={engine}")).output().unwrap()).succeeded();
    let answer: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(answer["status"], "dnf", "{answer}");
}

#[test]
fn a_promise_is_tried_by_its_name() {
    let engine = format!("--engine={}", goish_engines::built()[0].name);
    let tried = Lab::new()
        .lab(&["promise", &engine, "--promise=fifo"])
        .succeeded();
    let answer: Value = serde_json::from_str(&tried.stdout).unwrap();
    assert_eq!(answer["outcome"], "holds", "{answer}");
    Lab::new()
        .lab(&["promise", &engine, "--promise=wealth"])
        .failed_with(2, &["there is no promise `wealth`"]);
}
