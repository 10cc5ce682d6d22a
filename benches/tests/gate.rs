//! The gate as its users meet it: every verdict with its exit code, and every kind of bad input. The
//! programs that it builds and samples are a few lines of shell, so that nothing here depends on how
//! fast anything is.

#![cfg(unix)]

#[path = "support/repository.rs"]
mod repository;
mod support;

use std::fs;
use std::process::Stdio;

use repository::{Repository, STEADY, gate};
use rustix::process::{Pid, Signal, kill_process};
use support::Ended;

const SLOWER: &str = r#"
protocol() { echo '{"protocol":2,"cases":[["prod-cons-1",""]],"engines":["native"]}'; }
child() { value 120; }
"#;

fn verdict(repository: &Repository) -> String {
    repository.report()["cases"][0]["verdict"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn identical_code_passes() {
    let repository = Repository::new(STEADY);
    let ended = repository.gate(&[]).succeeded();
    assert_eq!(verdict(&repository), "same");
    assert!(
        ended
            .stdout
            .contains("not run: instructions were not counted: there is no valgrind"),
        "{}",
        ended.stdout
    );
    // Eight samples a block, half of them of head.
    let rows = repository.rows();
    let of = |arm: &str| rows.iter().filter(|row| row["arm"] == arm).count();
    assert_eq!(
        (of("head"), of("base-one"), of("base-two")),
        (rows.len() / 2, rows.len() / 4, rows.len() / 4)
    );
}

#[test]
fn a_slower_head_is_a_regression() {
    let repository = Repository::new(STEADY);
    repository.script(SLOWER);
    repository
        .gate(&[])
        .failed_with(3, &["slower: prod-cons-1 goish native"]);
    let report = repository.report();
    assert_eq!(verdict(&repository), "slower");
    assert_eq!(
        report["cases"][0]["ratio"]["median"]
            .as_f64()
            .map(|ratio| (ratio * 1e3).round()),
        Some(1_200.0)
    );
    assert!(report["cases"][0]["confirmation_blocks"].as_u64().unwrap() > 0);
    let summary = fs::read_to_string(repository.gate_folder().join("summary.md")).unwrap();
    assert!(
        summary.contains("## Performance gate: regression"),
        "{summary}"
    );
    assert!(
        summary.contains("with changes that are not committed"),
        "{summary}"
    );
    for file in ["gate.svg", "bencher.json", "metrics.txt"] {
        assert!(repository.gate_folder().join(file).is_file(), "{file}");
    }
}

#[test]
fn a_faster_head_passes() {
    let repository = Repository::new(SLOWER);
    repository.script(STEADY);
    repository.gate(&[]).succeeded();
    assert_eq!(verdict(&repository), "faster");
}

#[test]
fn what_head_itself_accepts_passes() {
    let repository = Repository::new(STEADY);
    repository.script(SLOWER);
    let bless = [
        "bless",
        "prod-cons-1",
        "--why",
        "fair at last",
        "--results",
        "results",
    ];
    let ended = repository.lab(&bless).succeeded();
    assert!(
        ended.stdout.contains("results/blessed.jsonl"),
        "{}",
        ended.stdout
    );
    let ended = repository.gate(&[]).succeeded();
    assert!(
        ended.stdout.contains("slower, accepted"),
        "{}",
        ended.stdout
    );
    // Once base has it, too, it is no news any more.
    repository.commit(SLOWER);
    repository.git(&["tag", "--force", "base"]);
    repository.script(&SLOWER.replace("120", "150"));
    fs::remove_dir_all(repository.path("results")).unwrap();
    repository.gate(&[]).failed_with(3, &["slower"]);
}

#[test]
fn more_allocations_are_a_regression_without_any_noise() {
    let repository = Repository::new(STEADY);
    repository.script(&format!(
        "{STEADY}\ncount() {{ n=$(operations \"$@\"); counted $n $((n * 3)); }}"
    ));
    repository
        .gate(&[])
        .failed_with(3, &["more: allocations-per-operation of prod-cons-1"]);
}

#[test]
fn a_base_that_differs_from_itself_makes_the_case_invalid() {
    let twofold = STEADY.replace(
        "value 100;",
        "case \"$0\" in *base-2*) value 130;; *) value 100;; esac;",
    );
    let repository = Repository::new(&twofold);
    repository
        .gate(&[])
        .failed_with(4, &["prod-cons-1 goish native"]);
    assert_eq!(verdict(&repository), "invalid");
}

/// Head is somewhere between half and one and a half times base in each block, for as long as there is
/// time. Base is always the same, so that no toss of the coin makes base differ from base.
#[test]
fn what_cannot_be_said_is_ambiguous() {
    let noisy = STEADY.replace(
        "value 100;",
        "case \"$0\" in *head*) here=$(dirname \"$0\")/../..; echo >> $here/count; value $(( ($(grep -c '' $here/count) - 1) / 4 * 41 % 101 + 50 ));; *) value 95;; esac;",
    );
    let repository = Repository::new(&noisy);
    repository
        .gate(&["--budget", "0.02"])
        .failed_with(4, &["cannot be said", "--budget"]);
    assert_eq!(verdict(&repository), "ambiguous");
}

#[test]
fn a_case_that_vanished_from_head_is_not_measured() {
    let repository = Repository::new(STEADY);
    repository.script(&STEADY.replace("[\"prod-cons-1\",\"\"]", ""));
    repository
        .gate(&[])
        .failed_with(5, &["base has this case and head does not"]);
}

#[test]
fn a_case_that_is_new_in_head_is_named_and_passes() {
    let repository =
        Repository::new(&STEADY.replace("[[", "[[\"cancel\",\"n=1000,order=fifo\"],["));
    repository.script(&STEADY.replace("]]", "],[\"prod-cons-1024\",\"\"]]"));
    let ended = repository.gate(&["--cases", "prod-cons-1,prod-cons-1024"]);
    let ended = ended.succeeded();
    assert!(
        ended
            .stdout
            .contains("note: prod-cons-1024 goish native is new in head"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_head_that_delivers_a_wrong_checksum_is_not_measured() {
    let repository = Repository::new(STEADY);
    repository.script(&STEADY.replace(
        "value 100",
        "failed 'the checksum over 7 messages is 1, but should be 21'",
    ));
    repository.gate(&[]).failed_with(
        5,
        &["a sample of head failed", "the checksum over 7 messages"],
    );
}

#[test]
fn a_head_that_does_not_build_is_not_measured() {
    let repository = Repository::new(STEADY);
    repository.script(&format!("{STEADY}\n# does not build"));
    repository.gate(&[]).failed_with(
        5,
        &[
            "work tree",
            "does not build",
            "cannot find value `x`",
            "engines/src/flume.rs:3:1",
        ],
    );
}

#[test]
fn an_unknown_revision_is_refused() {
    let repository = Repository::new(STEADY);
    for wrong in ["nowhere", "--upload-pack=x", ""] {
        let base = format!("--base={wrong}");
        repository
            .lab(&["gate", &base])
            .failed_with(2, &["there is no revision", wrong]);
    }
    repository
        .gate(&["--head", "nowhere"])
        .failed_with(2, &["there is no revision `nowhere`"]);
    assert_eq!(repository.builds(), 0);
}

#[test]
fn a_base_without_the_lab_is_refused() {
    let repository = Repository::new(STEADY);
    repository.git(&["rm", "--quiet", "benches/src/child.rs"]);
    repository.git(&["commit", "--quiet", "--message", "Drop the lab"]);
    repository.git(&["tag", "--force", "base"]);
    fs::create_dir_all(repository.tree().join("benches/src")).unwrap();
    repository
        .gate(&[])
        .failed_with(2, &["`base`", "has no lab"]);
}

#[test]
fn a_base_with_another_schema_is_refused_and_one_from_before_the_gate_is_sampled() {
    let repository = Repository::new("child() { echo 42; }");
    repository.script(STEADY);
    repository
        .gate(&[])
        .failed_with(2, &["base has an older lab", "choose a later base"]);

    let repository = Repository::new(&STEADY.replace("\"protocol\":2", "\"protocol\":99"));
    repository.script(STEADY);
    repository.gate(&[]).failed_with(
        2,
        &["base has a newer lab", "run the gate of that revision"],
    );

    let repository = Repository::new("child() { value 100; }");
    repository.script(STEADY);
    let ended = repository.gate(&[]).succeeded();
    assert!(
        ended
            .stdout
            .contains("not run: nothing was counted: the lab of base is older"),
        "{}",
        ended.stdout
    );
}

#[test]
fn the_work_tree_is_measured_as_it_is_and_a_commit_as_it_was() {
    let repository = Repository::new(STEADY);
    repository.script(SLOWER);
    repository.gate(&["--head", "HEAD"]).succeeded();
    let report = repository.report();
    assert_eq!(
        (&report["head"]["name"], &report["head"]["dirty"]),
        (&"HEAD".into(), &false.into())
    );
    fs::remove_dir_all(repository.path("results")).unwrap();
    repository.gate(&[]).failed_with(3, &["slower"]);
    let report = repository.report();
    assert_eq!(
        (&report["head"]["name"], &report["head"]["dirty"]),
        (&"work tree".into(), &true.into())
    );
}

#[test]
fn a_commit_is_built_once() {
    let repository = Repository::new(STEADY);
    repository.gate(&["--head", "HEAD"]).succeeded();
    assert_eq!(repository.builds(), 1, "base and head are one commit");
    repository.gate(&["--head", "HEAD"]).succeeded();
    assert_eq!(repository.builds(), 1);
}

#[test]
fn what_a_killed_gate_left_is_not_trusted() {
    let repository = Repository::new(STEADY);
    let base = repository.git(&["rev-parse", "base"]);
    // A worktree that was being made, and a program that was being copied.
    let worktree = repository.cache().join("worktrees").join(&base);
    fs::create_dir_all(&worktree).unwrap();
    fs::write(worktree.join("lab.sh"), "#!/bin/sh\nexit 1\n").unwrap();
    let built = repository.cache().join("built").join(&base);
    fs::create_dir_all(&built).unwrap();
    fs::write(built.join("lab"), "#!/bin/sh\n").unwrap();
    repository.gate(&["--head", "HEAD"]).succeeded();
    assert_eq!(verdict(&repository), "same");

    // A worktree that somebody changed afterwards, and no program any more.
    fs::write(worktree.join("lab.sh"), "#!/bin/sh\nexit 1\n").unwrap();
    fs::remove_dir_all(&built).unwrap();
    fs::remove_dir_all(repository.path("results")).unwrap();
    repository.gate(&["--head", "HEAD"]).succeeded();
}

#[test]
fn two_gates_at_once_are_refused() {
    let repository = Repository::new(STEADY);
    fs::create_dir_all(repository.cache()).unwrap();
    let lock = fs::File::create(repository.cache().join("lock")).unwrap();
    lock.lock().unwrap();
    repository
        .gate(&[])
        .failed_with(1, &["another gate is running"]);
}

/// A file may have so many blocks of 512 bytes, and what goes beyond is refused like on a full disk.
#[test]
fn a_full_disk_is_told_and_what_was_written_is_whole() {
    let repository = Repository::new(STEADY);
    let command = repository.command(&gate(&[]));
    let program = command.get_program().to_owned();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 24; exec \"$@\"", "sh"]);
    shell.arg(program).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let ended: Ended = shell
        .current_dir(repository.tree())
        .output()
        .unwrap()
        .into();
    ended.failed_with(1, &["cannot write", "rows.jsonl"]);
    assert!(!repository.rows().is_empty());
    assert_eq!(repository.rows().len() % 8, 0);
}

#[test]
fn an_interrupted_gate_ends_its_children_and_keeps_what_it_has() {
    let hangs = STEADY.replace(
        "value 100;",
        "here=$(dirname \"$0\")/../..; echo >> $here/count; [ $(grep -c '' $here/count) -ge 21 ] && { echo $$ > $here/hanging; exec sleep 1000; }; value 100;",
    );
    for signal in [Signal::INT, Signal::TERM] {
        let repository = Repository::new(&hangs);
        let running = repository
            .command(&gate(&[]))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let hanging = repository.cache().join("hanging");
        while fs::read_to_string(&hanging).map_or(true, |text| text.is_empty()) {
            std::thread::yield_now();
        }
        kill_process(Pid::from_child(&running), signal).unwrap();
        let ended: Ended = running.wait_with_output().unwrap().into();
        ended.failed_with(5, &["interrupted", "kept"]);
        assert_eq!(repository.rows().len(), 20);
        assert_eq!(repository.report()["interrupted"], true);
        let child: i32 = fs::read_to_string(&hanging)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let gone = kill_process(Pid::from_raw(child).unwrap(), Signal::CONT);
        assert!(gone.is_err(), "the child is still there");
    }
}

#[test]
fn the_steps_summary_is_written_where_github_asks_for_it() {
    let repository = Repository::new(STEADY);
    let file = repository.path("step.md");
    fs::write(&file, "before\n").unwrap();
    let ended: Ended = repository
        .command(&gate(&[]))
        .env("GITHUB_STEP_SUMMARY", &file)
        .output()
        .unwrap()
        .into();
    ended.succeeded();
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.starts_with("before\n## Performance gate: passed\n"),
        "{text}"
    );
}

#[test]
fn a_budget_that_is_none_and_a_case_that_is_none_are_refused() {
    let repository = Repository::new(STEADY);
    repository
        .gate(&["--budget", "0"])
        .failed_with(2, &["a budget is a number of minutes"]);
    repository
        .lab(&["gate", "--base", "base", "--cases", "nothing"])
        .failed_with(2, &["there is no case `nothing`"]);
    repository.lab(&["gate"]).failed_with(2, &["--base"]);
    repository
        .lab(&["bless", "nothing", "--why", "x"])
        .failed_with(2, &["there is no case `nothing`"]);
    repository
        .lab(&["bless", "cancel", "--why", " "])
        .failed_with(2, &["--why"]);
}
