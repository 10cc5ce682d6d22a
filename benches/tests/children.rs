//! A child that does not do what it should becomes an error row with a sentence, and the run goes on.

#![cfg(unix)]

mod support;

use support::Lab;

/// Runs one case with this script as the child and returns the reason of its rows.
fn reason(script: &str, more: &[&str]) -> String {
    let lab = Lab::with_child(script);
    let ended = lab.run("prod-cons-1", more);
    ended.failed_with(5, &["2 failed"]);
    assert_eq!(lab.rows().len(), 2, "both modes are tried");
    assert!(
        ended.stdout.ends_with("index.html\n"),
        "the report is written all the same"
    );
    lab.error()
}

#[test]
fn a_crash_is_told_by_its_signal() {
    assert_eq!(
        reason("kill -SEGV $$", &[]),
        "the process crashed with signal 11"
    );
}

#[test]
fn a_failure_is_told_by_its_exit_code_and_its_words() {
    let reason = reason("echo 'no luck today' >&2; exit 101", &[]);
    assert_eq!(
        reason,
        "the process failed with exit code 101: `no luck today`"
    );
}

#[test]
fn being_killed_for_memory_is_told() {
    let reason = reason("kill -KILL $$", &[]);
    assert!(
        reason.contains("SIGKILL") && reason.contains("memory"),
        "{reason}"
    );
}

#[test]
fn a_hang_is_ended_with_everything_that_the_child_started() {
    let reason = reason("sleep 1000 & sleep 1000", &["--deadline-ms", "1"]);
    assert!(
        reason.contains("was not heard of for 2.0 s and was killed"),
        "{reason}"
    );
}

#[test]
fn a_child_that_closes_its_output_and_stays_is_ended_too() {
    let reason = reason("exec >&- 2>&-; sleep 1000", &["--deadline-ms", "1"]);
    assert!(reason.contains("was not heard of"), "{reason}");
}

#[test]
fn nonsense_is_quoted() {
    let reason = reason("echo hello", &[]);
    assert_eq!(
        reason,
        "the process answered something that is not a result: `hello`"
    );
}

#[test]
fn endless_nonsense_is_cut_short() {
    let reason = reason("head -c 10000000 /dev/zero | tr '\\0' x", &[]);
    assert!(reason.len() < 500, "{} bytes", reason.len());
}

#[test]
fn two_answers_are_none() {
    let reason = reason("echo '{\"status\":\"ok\",\"figures\":[]}'; echo '{}'", &[]);
    assert!(reason.contains("not a result"), "{reason}");
}

#[test]
fn silence_is_told() {
    assert_eq!(reason("exit 0", &[]), "the process ended without an answer");
}

#[test]
fn a_child_that_cannot_be_started_is_told() {
    let lab = Lab::new();
    let mut command = lab.command(&support::run("prod-cons-1", &[]));
    let ended: support::Ended = command
        .env("GOISH_LAB_CHILD", lab.path("nothing"))
        .output()
        .unwrap()
        .into();
    ended.failed_with(5, &["2 failed"]);
    assert!(lab.error().starts_with("cannot start "), "{}", lab.error());
}

#[test]
#[cfg(target_os = "linux")]
fn a_sample_that_wants_more_memory_than_it_may_have_is_told() {
    let lab = Lab::new();
    // Two hundred thousand goroutines need more than what is left of this.
    let arguments = [
        "run",
        "--scale",
        "5",
        "--samples",
        "1",
        "--cases",
        "parked-1m",
        "--memory-mib",
        "64",
        "--engines",
        goish_engines::built()[0].name,
    ];
    lab.lab(&arguments).failed_with(5, &["2 failed"]);
    let reasons: Vec<_> = lab
        .rows()
        .iter()
        .map(|row| row["reason"].to_string())
        .collect();
    assert!(
        reasons
            .iter()
            .all(|reason| reason.contains("ran out of memory") && reason.contains("64 MiB")),
        "{reasons:?}"
    );
}

#[test]
fn what_does_not_end_by_its_deadline_did_not_finish_and_that_is_no_failure() {
    let lab = Lab::new();
    let engine = goish_engines::built()[0].name;
    // A millisecond is not enough to spawn half a million.
    let arguments = [
        "run",
        "--scale",
        "2",
        "--samples",
        "1",
        "--cases",
        "spawn-1m",
        "--deadline-ms",
        "1",
        "--engines",
        engine,
    ];
    let ended = lab.lab(&arguments).succeeded();
    assert!(ended.stderr.contains("did not finish"), "{}", ended.stderr);
    for row in lab.rows() {
        assert_eq!(row["status"], "dnf", "{row}");
        assert!(
            row["delivered"].as_u64() < row["expected"].as_u64() || row["expected"] == 0,
            "{row}"
        );
    }
    lab.lab(&["rank"]).succeeded();
}
