//! The store on bad days: files that are cut off, foreign, newer or no JSON, runs that do not
//! exist, folders that cannot be written. Each is one sentence that names the thing and the mend,
//! and nothing that was there is lost.

mod support;

use std::fs;
use std::path::Path;

use goish_results::record::Outcome;
use goish_results::store::{RunHeader, Store, StoreError, write_atomically};
use proptest::prelude::*;
use support::{ID, Scratch, header, ok, row};

/// Writes the rows' file anew.
fn rewrite(scratch: &Scratch, rows: &[u8]) {
    fs::write(scratch.file("rows.jsonl"), rows).expect("the rows' file");
}

/// The rows of a run with one line exchanged.
fn with_line(scratch: &Scratch, line: usize, text: &str) -> String {
    let rows = String::from_utf8(scratch.rows()).expect("text");
    let lines = rows.lines().enumerate();
    lines
        .map(|(place, old)| format!("{}\n", if place == line { text } else { old }))
        .collect()
}

/// The sentence of an error, after a look at its form.
fn sentence(error: &StoreError) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "one line: {text}");
    assert!(text.len() > 20, "a sentence: {text}");
    text
}

#[test]
fn a_run_cut_off_anywhere_keeps_its_whole_rows_and_goes_on() {
    let scratch = Scratch::with_rows(3, 2);
    let whole = scratch.rows();
    let first = whole
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a line")
        + 1;
    // Every byte of the second row, and the end of the first.
    for length in first - 2..=whole.len() {
        rewrite(&scratch, &whole[..length]);
        let complete = match length {
            length if length >= whole.len() - 1 => 2,
            length if length >= first - 1 => 1,
            _ => 0,
        };
        let run = scratch.store.load(ID).expect("a cut-off line is no error");
        assert_eq!(run.rows.len(), complete, "cut at {length}");
        let ended = [first - 1, first, whole.len() - 1, whole.len()].contains(&length);
        assert_eq!(
            run.warnings.is_empty(),
            ended,
            "cut at {length}: {:?}",
            run.warnings
        );
        assert_eq!(scratch.rows(), &whole[..length], "loading changes nothing");

        let (_, present, mut writer) = scratch.store.resume(ID).expect("it goes on");
        assert_eq!(present.len(), complete);
        for order in complete as u32..3 {
            writer.append(&row(order)).expect("a row");
        }
        drop(writer);
        let run = scratch.store.load(ID).expect("a whole run");
        assert_eq!(run.rows, [row(0), row(1), row(2)], "cut at {length}");
        assert_eq!(run.warnings, [""; 0]);
        let kept = if complete == 0 { 0 } else { first };
        assert_eq!(
            &scratch.rows()[..kept],
            &whole[..kept],
            "what was whole stays as it was"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_rows_survive_being_cut_off_at_any_byte(
        reasons in prop::collection::vec(".{0,40}", 1..5),
        value in -1e12_f64..1e12,
        cut in any::<prop::sample::Index>(),
    ) {
        let scratch = Scratch::new();
        let planned = reasons.len() as u32 * 2;
        let mut writer = scratch.create(header(planned));
        let rows: Vec<_> = (0..planned).zip(reasons.iter().cycle()).map(|(order, reason)| {
            let mut row = row(order);
            row.note = Some(reason.clone());
            row.outcome = if order % 2 == 0 {
                Outcome::Error { reason: reason.clone() }
            } else {
                ok(&[("round-trip", "ns", value / f64::from(order))])
            };
            row
        }).collect();
        for row in &rows {
            writer.append(row).expect("a row");
        }
        drop(writer);
        let whole = scratch.rows();
        rewrite(&scratch, &whole[..cut.index(whole.len() + 1)]);

        let left = scratch.store.load(ID).expect("no error").rows;
        prop_assert_eq!(&left[..], &rows[..left.len()]);
        let (_, present, mut writer) = scratch.store.resume(ID).expect("it goes on");
        prop_assert_eq!(present.len(), left.len());
        for row in &rows[left.len()..] {
            writer.append(row).expect("a row");
        }
        drop(writer);
        prop_assert_eq!(scratch.rows(), whole, "the same rows give the same bytes");
        prop_assert_eq!(scratch.store.load(ID).expect("a run").rows, rows);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let scratch = Scratch::with_rows(1, 0);
        for name in ["rows.jsonl", "conformance.json", "run.json"] {
            fs::write(scratch.file(name), &bytes).expect("a file");
            let _ = scratch.store.load(ID);
            let _ = scratch.store.resume(ID);
        }
    }
}

#[test]
fn zeros_after_a_loss_of_power_are_a_cut_off_line() {
    let scratch = Scratch::with_rows(2, 1);
    let mut bytes = scratch.rows();
    let whole = bytes.clone();
    bytes.extend([0; 300]);
    rewrite(&scratch, &bytes);
    assert_eq!(scratch.store.load(ID).expect("a run").warnings.len(), 1);
    drop(scratch.store.resume(ID).expect("it goes on"));
    assert_eq!(scratch.rows(), whole);
}

#[test]
fn a_bad_line_in_the_middle_is_named_and_left_alone() {
    let scratch = Scratch::with_rows(3, 3);
    for text in [
        "{\"schema\":1,",
        "hello",
        "[]",
        "{\"schema\":1}",
        "null",
        "\u{1}",
    ] {
        let bytes = with_line(&scratch, 1, text);
        rewrite(&scratch, bytes.as_bytes());
        for error in [
            scratch.store.load(ID).expect_err("it is no row"),
            scratch
                .store
                .resume(ID)
                .map(|_| ())
                .expect_err("it is no row"),
        ] {
            assert!(
                matches!(error, StoreError::NotJson { line: 2, .. }),
                "{error:?}"
            );
            let sentence = sentence(&error);
            assert!(sentence.contains("rows.jsonl, line 2"), "{sentence}");
        }
        assert_eq!(scratch.rows(), bytes.as_bytes(), "nothing is cut away");
    }
}

#[test]
fn a_newer_row_is_called_newer_wherever_it_stands() {
    let scratch = Scratch::with_rows(3, 3);
    let whole = scratch.rows();
    let newer = [
        "{\"schema\":2,\"something\":\"else\"}".to_owned(),
        String::from_utf8(whole.clone())
            .expect("text")
            .lines()
            .next()
            .expect("a row")
            .replace("\"schema\":1", "\"schema\":4294967297"),
    ];
    for text in &newer {
        for (line, ended) in [(0, true), (2, true), (2, false)] {
            rewrite(&scratch, &whole);
            let mut bytes = with_line(&scratch, line, text).into_bytes();
            bytes.truncate(bytes.len() - usize::from(!ended));
            rewrite(&scratch, &bytes);
            let error = scratch
                .store
                .resume(ID)
                .map(|_| ())
                .expect_err("it is newer");
            assert!(matches!(error, StoreError::NewerSchema { .. }), "{error:?}");
            let sentence = sentence(&error);
            assert!(sentence.contains("up to 1"), "{sentence}");
            assert!(sentence.contains("build a newer commit"), "{sentence}");
            assert_eq!(scratch.rows(), bytes, "a newer row is never cut away");
        }
    }
}

#[test]
fn a_newer_or_broken_header_is_named() {
    let scratch = Scratch::with_rows(1, 1);
    let good = fs::read_to_string(scratch.file("run.json")).expect("a header");
    let newer = good.replace("\"schema\": 1", "\"schema\": 7");
    fs::write(scratch.file("run.json"), newer).expect("a header");
    let error = scratch.store.load(ID).expect_err("it is newer");
    assert!(
        matches!(error, StoreError::NewerSchema { found: 7, .. }),
        "{error:?}"
    );

    fs::write(scratch.file("run.json"), &good[..good.len() / 2]).expect("a header");
    let error = scratch.store.load(ID).expect_err("it is cut off");
    assert!(
        matches!(error, StoreError::NotJson { line: 2.., .. }),
        "{error:?}"
    );
    assert!(sentence(&error).contains("run.json, line"), "{error}");

    fs::write(scratch.file("run.json"), "").expect("a header");
    let error = scratch.store.load(ID).expect_err("it is empty");
    assert!(
        matches!(error, StoreError::NotJson { line: 1, .. }),
        "{error:?}"
    );
}

#[test]
fn a_broken_or_foreign_conformance_table_is_named() {
    let scratch = Scratch::with_rows(1, 1);
    let cases = [
        ("{\"schema\":1,\"run\":", "line 1"),
        ("{\"schema\":9}", "schema 9"),
        (
            "{\"schema\":1,\"run\":\"another\",\"conformance\":[]}",
            "the run `another`",
        ),
    ];
    for (text, word) in cases {
        fs::write(scratch.file("conformance.json"), text).expect("a file");
        let sentence = sentence(&scratch.store.load(ID).expect_err("it is bad"));
        assert!(sentence.contains("conformance.json"), "{sentence}");
        assert!(sentence.contains(word), "{sentence}");
    }
}

#[test]
fn rows_of_another_run_are_refused_on_the_way_in_and_out() {
    let scratch = Scratch::with_rows(2, 1);
    let mut foreign = row(1);
    foreign.run = "2020-01-01T00-00-00Z-0000000".to_owned();
    let (_, _, mut writer) = scratch.store.resume(ID).expect("a run");
    let error = writer.append(&foreign).expect_err("it is foreign");
    assert!(matches!(error, StoreError::ForeignRow { .. }), "{error:?}");
    drop(writer);

    let mut bytes = scratch.rows();
    bytes.extend(serde_json::to_vec(&foreign).expect("a row"));
    bytes.push(b'\n');
    rewrite(&scratch, &bytes);
    let error = scratch.store.load(ID).expect_err("it is foreign");
    assert!(
        matches!(error, StoreError::ForeignRow { line: 2, .. }),
        "{error:?}"
    );
    assert!(
        sentence(&error).contains("2020-01-01T00-00-00Z-0000000"),
        "{error}"
    );
}

#[test]
fn a_copied_run_folder_is_not_taken_for_another_run() {
    let scratch = Scratch::with_rows(1, 1);
    let copy = scratch.folder.path().join("results/runs/copy");
    fs::create_dir(&copy).expect("a folder");
    fs::copy(scratch.file("run.json"), copy.join("run.json")).expect("a copy");
    let error = scratch.store.load("copy").expect_err("it says whose it is");
    assert!(matches!(error, StoreError::ForeignRow { .. }), "{error:?}");
}

#[test]
fn machines_are_never_mixed() {
    let scratch = Scratch::with_rows(2, 1);
    let mut elsewhere = row(1);
    elsewhere.machine = "0123456789abcdef".to_owned();
    let (_, _, mut writer) = scratch.store.resume(ID).expect("a run");
    let error = writer.append(&elsewhere).expect_err("another machine");
    assert!(
        matches!(error, StoreError::MixedMachines { .. }),
        "{error:?}"
    );
    drop(writer);

    let mut bytes = scratch.rows();
    bytes.extend(serde_json::to_vec(&elsewhere).expect("a row"));
    bytes.push(b'\n');
    rewrite(&scratch, &bytes);
    let error = scratch.store.load(ID).expect_err("another machine");
    assert!(
        matches!(error, StoreError::MixedMachines { line: 2, .. }),
        "{error:?}"
    );
}

#[test]
fn a_header_of_another_machine_than_the_rows_is_told() {
    let scratch = Scratch::with_rows(1, 1);
    let text = fs::read_to_string(scratch.file("run.json")).expect("a header");
    fs::write(
        scratch.file("run.json"),
        text.replace("Linux 6.18", "Linux 5.4"),
    )
    .expect("a header");
    let warnings = scratch.store.load(ID).expect("a run").warnings;
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains(&row(0).machine), "{warnings:?}");
}

#[test]
fn a_row_that_could_not_be_read_back_is_not_written() {
    let scratch = Scratch::with_rows(2, 1);
    let (_, _, mut writer) = scratch.store.resume(ID).expect("a run");
    let mut newer = row(1);
    newer.schema += 1;
    let error = writer.append(&newer).expect_err("it is newer");
    assert!(
        matches!(
            error,
            StoreError::NewerSchema {
                found: 2,
                line: 2,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_sample_is_recorded_once() {
    let scratch = Scratch::with_rows(2, 1);
    let (_, _, mut writer) = scratch.store.resume(ID).expect("a run");
    let error = writer.append(&row(0)).expect_err("it is there");
    assert!(
        matches!(error, StoreError::OrderTaken { order: 0, .. }),
        "{error:?}"
    );
    drop(writer);

    let mut bytes = scratch.rows();
    let mut again = row(0);
    again.wall_ns = 1;
    bytes.extend(serde_json::to_vec(&again).expect("a row"));
    bytes.push(b'\n');
    rewrite(&scratch, &bytes);
    let run = scratch.store.load(ID).expect("a run");
    assert_eq!(run.rows, [row(0)]);
    assert!(run.warnings[0].contains("order 0"), "{:?}", run.warnings);
}

#[test]
fn rows_that_are_odd_are_counted_and_told() {
    let scratch = Scratch::new();
    let mut writer = scratch.create(header(1));
    let mut stray = row(7);
    stray.commit = "fffffff".to_owned();
    stray.dirty = true;
    writer.append(&row(0)).expect("a row");
    writer.append(&stray).expect("a row");
    let run = scratch.store.load(ID).expect("a run");
    assert_eq!(run.rows.len(), 2);
    let warnings = run.warnings.join("\n");
    for word in [
        "order 7",
        "different commits (419bfed0, fffffff)",
        "work tree differed",
    ] {
        assert!(warnings.contains(word), "{word}: {warnings}");
    }
}

#[test]
fn what_is_no_number_becomes_an_error_that_says_so() {
    let scratch = Scratch::new();
    let mut writer = scratch.create(header(3));
    for (order, value) in [(0, f64::NAN), (1, f64::INFINITY), (2, f64::NEG_INFINITY)] {
        let mut row = row(order);
        row.outcome = ok(&[("round-trip", "ns", 1.0), ("round-trip-p99", "ns", value)]);
        row.runtime = Some(goish_results::record::RuntimeFigures {
            busy_ratio: value,
            ..Default::default()
        });
        writer.append(&row).expect("a row");
    }
    let run = scratch.store.load(ID).expect("every row reads");
    for row in run.rows {
        assert!(
            matches!(&row.outcome, Outcome::Error { reason } if reason.contains("round-trip-p99")),
            "{row:?}"
        );
        assert_eq!(row.runtime, None);
    }
}

#[test]
fn an_unknown_run_is_answered_with_those_that_there_are() {
    let scratch = Scratch::new();
    let error = scratch.store.load("nothing").expect_err("there is none");
    assert!(sentence(&error).contains("there are none yet"), "{error}");
    assert!(matches!(
        scratch.store.latest(),
        Err(StoreError::NoRuns { .. })
    ));
    assert_eq!(scratch.store.list().expect("an empty list"), [""; 0]);

    for number in 0..12 {
        let id = format!("run-{number:02}");
        drop(scratch.create(RunHeader { id, ..header(0) }));
    }
    let sentence = sentence(&scratch.store.load("nothing").expect_err("there is none"));
    assert!(sentence.contains("`nothing`"), "{sentence}");
    assert!(sentence.contains("`run-11`"), "{sentence}");
    assert!(sentence.contains("and 2 older"), "{sentence}");
}

#[test]
fn a_name_cannot_reach_out_of_the_store() {
    let scratch = Scratch::with_rows(1, 1);
    fs::write(scratch.folder.path().join("results/run.json"), "{}").expect("a file");
    for id in [
        "", ".", "..", "../..", "a/b", "/etc", "-x", ".hidden", "a\0b", "é", "a b",
    ] {
        let error = scratch.store.load(id).expect_err("no such run");
        assert!(
            matches!(error, StoreError::UnknownRun { .. }),
            "{id:?}: {error:?}"
        );
        let error = scratch
            .store
            .create(RunHeader {
                id: id.to_owned(),
                ..header(0)
            })
            .expect_err("no name");
        assert!(
            matches!(error, StoreError::BadId { .. }),
            "{id:?}: {error:?}"
        );
    }
}

#[test]
fn a_run_without_its_header_is_not_called_unknown() {
    let scratch = Scratch::with_rows(1, 1);
    fs::remove_file(scratch.file("run.json")).expect("a header");
    let error = scratch
        .store
        .load(ID)
        .expect_err("nothing tells what it is");
    assert!(matches!(error, StoreError::NoHeader { .. }), "{error:?}");
    assert!(sentence(&error).contains("run.json is missing"), "{error}");
    let error = scratch
        .store
        .create(header(1))
        .expect_err("its rows are still there");
    assert!(
        matches!(error, StoreError::AlreadyExists { .. }),
        "{error:?}"
    );
}

#[test]
fn a_file_where_the_store_should_be_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("results");
    fs::write(&root, "not a folder").expect("a file");
    let store = Store::open(&root);
    let errors = [
        store.create(header(1)).map(|_| ()).expect_err("no folder"),
        store.load(ID).map(|_| ()).expect_err("no folder"),
        store.resume(ID).map(|_| ()).expect_err("no folder"),
        store.latest().map(|_| ()).expect_err("no folder"),
        write_atomically(&store.report_dir(ID).join("index.html"), b"").expect_err("no folder"),
    ];
    for error in errors {
        let sentence = sentence(&error);
        assert!(sentence.contains("results"), "{sentence}");
        assert!(sentence.contains("move it away"), "{sentence}");
    }
    assert_eq!(fs::read(&root).expect("a file"), b"not a folder");
}

/// `/proc` takes no new folders or files, whoever asks: it stands in for a folder that is read-only.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_nothing_is_named() {
    let store = Store::open("/proc/goish-results");
    let sentence_of = |error: StoreError| sentence(&error);
    let created = sentence_of(
        store
            .create(header(1))
            .map(|_| ())
            .expect_err("it takes nothing"),
    );
    assert!(
        created.contains("cannot create /proc/goish-results"),
        "{created}"
    );
    let error = write_atomically(Path::new("/proc/goish-results.html"), b"x");
    let written = sentence_of(error.expect_err("it takes nothing"));
    assert!(
        written.contains("cannot write /proc/goish-results.html"),
        "{written}"
    );
}

/// Whoever may write everything (root) is not held up by a read-only mark, so the test tells by
/// trying whether it means anything here.
#[cfg(unix)]
#[test]
fn a_store_without_permission_is_named_and_untouched() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::with_rows(2, 1);
    let runs = scratch.folder.path().join("results/runs");
    fs::set_permissions(&runs, fs::Permissions::from_mode(0o555)).expect("a mark");
    let marked = fs::write(runs.join("try"), "").is_err();
    if marked {
        let header = RunHeader {
            id: "another".to_owned(),
            ..header(1)
        };
        let error = scratch
            .store
            .create(header)
            .map(|_| ())
            .expect_err("it is read-only");
        assert!(sentence(&error).contains("permission denied"), "{error}");
    }
    fs::set_permissions(&runs, fs::Permissions::from_mode(0o755)).expect("a mark");
    assert_eq!(scratch.store.load(ID).expect("a run").rows, [row(0)]);
}
