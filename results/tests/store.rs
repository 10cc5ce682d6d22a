//! The store on good days: what was written is read, nothing is overwritten, a run goes on.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;

use goish_results::record::{Conformance, ConformanceOutcome, Outcome, RuntimeFigures};
use goish_results::store::{StoreError, run_id, write_atomically};
use support::{ID, Scratch, header, ok, row};
use time::macros::datetime;

#[test]
fn what_is_written_is_read() {
    let scratch = Scratch::with_rows(4, 3);
    let run = scratch.store.load(ID).expect("a run");
    assert_eq!(run.header, header(4));
    assert_eq!(run.rows, [row(0), row(1), row(2)]);
    assert_eq!(run.conformance, []);
    assert_eq!(run.warnings, [""; 0]);
}

#[test]
fn every_outcome_and_runtime_figure_is_read_as_it_was_written() {
    let scratch = Scratch::new();
    let mut writer = scratch.create(header(4));
    let outcomes = [
        ok(&[
            ("round-trip", "ns", 0.1 + 0.2),
            ("round-trip-p99.9", "ns", 1e300),
        ]),
        Outcome::Dnf {
            reason: "over \"60 s\"\n".to_owned(),
            delivered: 7,
            expected: u64::MAX,
            figures: Vec::new(),
        },
        Outcome::Error {
            reason: "signal 9 — ended".to_owned(),
        },
        Outcome::Refused {
            reason: "no capacity 0".to_owned(),
        },
    ];
    let runtime = RuntimeFigures {
        busy_ratio: 1.0 / 3.0,
        polls: Some(9),
        ..Default::default()
    };
    let rows: Vec<_> = (0..)
        .zip(outcomes)
        .map(|(order, outcome)| {
            let mut row = row(order);
            row.outcome = outcome;
            row.runtime = Some(runtime.clone());
            row.note = Some("capacity 1: no rendezvous".to_owned());
            row
        })
        .collect();
    rows.iter()
        .for_each(|row| writer.append(row).expect("a row"));
    assert_eq!(scratch.store.load(ID).expect("a run").rows, rows);
}

#[test]
fn each_row_is_in_the_file_as_soon_as_it_is_appended() {
    let scratch = Scratch::new();
    let mut writer = scratch.create(header(2));
    for taken in 1..=2 {
        writer.append(&row(taken - 1)).expect("a row");
        assert_eq!(
            scratch.store.load(ID).expect("a run").rows.len(),
            taken as usize
        );
        assert_eq!(scratch.rows().last(), Some(&b'\n'));
    }
}

#[test]
fn conformance_is_kept_and_replaced_whole() {
    let scratch = Scratch::new();
    let writer = scratch.create(header(1));
    let line = |outcome| Conformance {
        engine: "flume".to_owned(),
        promise: "close-wakes-parked-senders".to_owned(),
        statement: "Close wakes every parked sender.".to_owned(),
        outcome,
        detail: String::new(),
        workers: 2,
    };
    let first = [
        line(ConformanceOutcome::Holds),
        line(ConformanceOutcome::NotApplicable),
    ];
    writer.conformance(&first).expect("a table");
    assert_eq!(scratch.store.load(ID).expect("a run").conformance, first);
    let second = [line(ConformanceOutcome::Fails)];
    writer.conformance(&second).expect("a table");
    assert_eq!(scratch.store.load(ID).expect("a run").conformance, second);
    let text = fs::read_to_string(scratch.file("conformance.json")).expect("a file");
    assert!(text.contains("\"fails\""), "{text}");
}

#[test]
fn a_run_that_is_there_is_not_overwritten() {
    let scratch = Scratch::with_rows(2, 1);
    let before = scratch.rows();
    let refused = scratch.store.create(header(9)).expect_err("there is one");
    assert!(
        matches!(refused, StoreError::AlreadyExists { .. }),
        "{refused:?}"
    );
    assert!(
        refused.to_string().contains(&format!("--resume {ID}")),
        "{refused}"
    );
    assert_eq!(scratch.rows(), before);
    assert_eq!(scratch.store.load(ID).expect("a run").header, header(2));
}

#[test]
fn a_run_goes_on_where_it_stopped() {
    let scratch = Scratch::with_rows(4, 2);
    let before = scratch.rows();
    let (found, present, mut writer) = scratch.store.resume(ID).expect("a run");
    assert_eq!(found, header(4));
    assert_eq!(present, BTreeSet::from([0, 1]));
    assert_eq!(scratch.rows(), before, "resuming alone changes nothing");
    writer.append(&row(3)).expect("a row");
    writer.append(&row(2)).expect("a row");
    assert!(scratch.rows().starts_with(&before));
    let run = scratch.store.load(ID).expect("a run");
    assert_eq!(run.rows, [row(0), row(1), row(3), row(2)]);
    assert_eq!(run.warnings, [""; 0]);
}

#[test]
fn a_run_killed_before_its_first_row_goes_on() {
    let scratch = Scratch::with_rows(1, 0);
    fs::remove_file(scratch.file("rows.jsonl")).expect("the rows' file");
    assert_eq!(scratch.store.load(ID).expect("a run").rows, []);
    let (_, present, mut writer) = scratch.store.resume(ID).expect("a run");
    assert!(present.is_empty());
    writer.append(&row(0)).expect("a row");
    assert_eq!(scratch.store.load(ID).expect("a run").rows, [row(0)]);
}

#[test]
fn one_process_at_a_time_writes_a_run() {
    let scratch = Scratch::new();
    let writer = scratch.create(header(1));
    let refused = scratch.store.resume(ID).expect_err("it is being written");
    assert!(matches!(refused, StoreError::Busy { .. }), "{refused:?}");
    drop(writer);
    scratch.store.resume(ID).expect("nobody writes it now");
}

#[test]
fn runs_are_listed_by_age_and_the_newest_is_the_latest() {
    let scratch = Scratch::new();
    let second = "2026-11-22T16-02-05Z";
    let ids = [
        "2026-01-02T03-04-05Z-fffffff".to_owned(),
        format!("{second}-abcdef0"),
        format!("{second}-abcdef0-2"),
        format!("{second}-abcdef0-10"),
        "2026-11-22T16-02-06Z-0000000".to_owned(),
    ];
    for id in ids.iter().rev() {
        drop(scratch.create(goish_results::store::RunHeader {
            id: id.clone(),
            ..header(0)
        }));
    }
    // What a killed `create` or a curious user leaves behind is no run.
    let runs = scratch.folder.path().join("results/runs");
    fs::create_dir(runs.join(".scratch-x")).expect("a folder");
    fs::create_dir(runs.join("empty")).expect("a folder");
    fs::write(runs.join("notes.txt"), "hello").expect("a file");
    assert_eq!(scratch.store.list().expect("a list"), ids);
    assert_eq!(scratch.store.latest().expect("a run"), ids[4]);
}

#[test]
fn names_are_readable_and_sort_by_time() {
    let early = run_id(datetime!(2026-11-22 16:02:05.9 UTC), "419bfed0123456789");
    assert_eq!(early, ID);
    let elsewhere = run_id(datetime!(2026-11-22 18:02:05 +2), "419bfed0123456789");
    assert_eq!(elsewhere, early, "names are in UTC");
    assert!(early < run_id(datetime!(2026-11-22 16:02:06 UTC), "0"));
    assert_eq!(
        run_id(datetime!(2026-11-22 16:02:05 UTC), ""),
        "2026-11-22T16-02-05Z-no-commit"
    );
}

#[test]
fn a_fresh_name_is_free() {
    let scratch = Scratch::new();
    let mut names = BTreeSet::new();
    for _ in 0..3 {
        let id = scratch.store.fresh_id("419bfed0123");
        assert!(names.insert(id.clone()), "{id} was given twice");
        drop(scratch.create(goish_results::store::RunHeader { id, ..header(0) }));
    }
    assert_eq!(scratch.store.list().expect("a list").len(), 3);
}

#[test]
fn a_report_belongs_beside_the_runs() {
    let scratch = Scratch::new();
    let expected = scratch.folder.path().join("results/reports").join(ID);
    assert_eq!(scratch.store.report_dir(ID), expected);
}

#[test]
fn a_file_is_replaced_whole_and_folders_are_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a/b/page.html");
    write_atomically(&path, b"first, and longer").expect("a file");
    write_atomically(&path, b"second").expect("a file");
    assert_eq!(fs::read(&path).expect("a file"), b"second");
    let names = fs::read_dir(path.parent().expect("a folder"))
        .expect("a folder")
        .count();
    assert_eq!(names, 1, "no scratch file is left");
}

#[cfg(unix)]
#[test]
fn a_written_file_is_as_readable_as_any_other() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
    write_atomically(&ours, b"").expect("a file");
    fs::write(&other, b"").expect("a file");
    let mode = |path| fs::metadata(path).expect("a file").permissions().mode();
    assert_eq!(mode(&ours), mode(&other));
}

/// Packs the rows of the run [`ID`] as `gzip` does.
fn pack(scratch: &Scratch) -> std::path::PathBuf {
    let (rows, packed) = (scratch.file("rows.jsonl"), scratch.file("rows.jsonl.gz"));
    let file = std::fs::File::create(&packed).unwrap();
    let mut packer = flate2::write::GzEncoder::new(file, flate2::Compression::best());
    packer.write_all(&scratch.rows()).unwrap();
    packer.finish().unwrap();
    std::fs::remove_file(rows).unwrap();
    packed
}

#[test]
fn packed_rows_are_read_and_not_added_to() {
    let scratch = Scratch::with_rows(3, 3);
    let before = scratch.store.load(ID).unwrap();
    let packed = pack(&scratch);
    assert_eq!(scratch.store.load(ID).unwrap(), before);
    let refused = scratch.store.resume(ID).unwrap_err().to_string();
    assert!(
        refused.contains("rows.jsonl.gz; unpack them with `gzip -d`"),
        "{refused}"
    );
    assert!(packed.exists() && !scratch.file("rows.jsonl").exists());
}

#[test]
fn packed_rows_that_are_cut_off_or_something_else_are_named() {
    let scratch = Scratch::with_rows(3, 3);
    let packed = pack(&scratch);
    let whole = std::fs::read(&packed).unwrap();
    for broken in [&whole[..0], &whole[..whole.len() / 2], b"rows"] {
        std::fs::write(&packed, broken).unwrap();
        let refused = scratch.store.load(ID).unwrap_err().to_string();
        assert!(
            refused.contains("rows.jsonl.gz: this is no whole file of gzip's"),
            "{refused}"
        );
        assert!(refused.contains("; restore it"), "{refused}");
    }
}
