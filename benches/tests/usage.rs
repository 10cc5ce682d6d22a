//! Asking for what there is not: one sentence that names what there is, and exit code 2.

#![cfg(unix)]

mod support;

use support::Lab;

#[test]
fn an_unknown_engine_is_answered_with_the_engines_that_were_built() {
    let ended = Lab::new().lab(&["run", "--engines", "goroutine"]);
    ended.failed_with(
        2,
        &[
            "there is no engine `goroutine`",
            goish_engines::built()[0].name,
        ],
    );
}

#[test]
#[cfg(not(feature = "engine-async-channel"))]
fn an_engine_that_was_not_built_is_answered_with_its_feature() {
    let ended = Lab::new().lab(&["run", "--engines", "async-channel"]);
    ended.failed_with(2, &["was not built", "--features engine-async-channel"]);
}

#[test]
fn an_unknown_case_is_answered_with_the_cases() {
    let ended = Lab::new().lab(&["run", "--cases", "ping-pong,fan-out"]);
    ended.failed_with(2, &["there is no case `fan-out`", "fan-in", "rss-100k"]);
}

#[test]
fn an_unknown_flag_is_answered_with_the_flags() {
    let ended = Lab::new().lab(&["run", "--fast"]);
    ended.failed_with(
        2,
        &["`--fast`", "--quick", "--engines", "--resume", "--results"],
    );
    assert!(
        !ended.stderr.contains("--scale"),
        "a hidden flag is shown: {}",
        ended.stderr
    );
}

#[test]
fn an_unknown_command_is_answered_with_the_commands() {
    let commands = ["run", "report", "rank", "cmp", "machine"];
    let ended = Lab::new().lab(&["measure"]);
    ended.failed_with(2, &commands);
    assert!(
        !ended.stderr.contains("child"),
        "a hidden command is shown: {}",
        ended.stderr
    );
    Lab::new().lab(&[]).failed_with(2, &commands);
}

#[test]
fn an_unknown_run_is_answered_with_the_runs() {
    let lab = Lab::new();
    lab.run("prod-cons-1", &[]).succeeded();
    let id = lab.id();
    for arguments in [
        &["rank", "--run", "yesterday"][..],
        &["report", "--run", "yesterday"],
        &["run", "--resume", "yesterday"],
        &["cmp", &id, "yesterday"],
    ] {
        lab.lab(arguments).failed_with(2, &["`yesterday`", &id]);
    }
    let neither = lab.lab(&["cmp", "yesterday", "today"]);
    neither.failed_with(2, &["`yesterday` is neither an engine", &id]);
}

#[test]
fn a_run_cannot_be_named_like_a_path() {
    let ended = Lab::new().lab(&["rank", "--run", "../../etc"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    ended.sentence();
}

#[test]
fn a_resumed_run_takes_no_other_plan() {
    let ended = Lab::new().lab(&["run", "--resume", "some", "--quick"]);
    ended.failed_with(2, &["--resume", "--quick"]);
}

#[test]
fn without_any_run_nothing_was_measured() {
    for command in ["rank", "report"] {
        Lab::new()
            .lab(&[command])
            .failed_with(5, &["cargo lab run --quick"]);
    }
}

#[test]
fn help_names_the_exit_codes() {
    let help = Lab::new().lab(&["--help"]).succeeded();
    assert!(help.stdout.contains("Exit codes"), "{}", help.stdout);
}
