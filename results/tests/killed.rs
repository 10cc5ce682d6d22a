//! A writer that is killed for real, in the middle of its work.

mod support;

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use goish_results::store::Store;
use support::{ID, Scratch, header, row};

/// Tells the child where its store is; without it, the child's test does nothing.
const ROOT: &str = "GOISH_RESULTS_TEST_ROOT";

/// More rows than the child gets to write.
const PLANNED: u32 = 1_000_000;

/// The child: goes on with the run until it is killed. As a test of its own it does nothing.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(root) = std::env::var_os(ROOT) else {
        return;
    };
    let (_, present, mut writer) = Store::open(PathBuf::from(root))
        .resume(ID)
        .expect("the parent made a run");
    let first = present.len() as u32;
    for order in first..PLANNED {
        writer.append(&row(order)).expect("a row");
    }
}

/// Kills and reaps the child also when the test fails.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_run_whose_writer_is_killed_keeps_its_rows_and_goes_on() {
    let scratch = Scratch::new();
    drop(scratch.create(header(0)));
    let mut before = Vec::new();
    for _ in 0..5 {
        let child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "child_that_writes_until_it_is_killed"])
            .env(ROOT, scratch.folder.path().join("results"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a child");
        let mut child = Killed(child);
        while scratch.rows().len() < before.len() + 2_000 {
            let ended = child.0.try_wait().expect("a child");
            assert_eq!(ended, None, "the child ended by itself");
            std::thread::yield_now();
        }
        drop(child);

        let after = scratch.rows();
        assert!(
            after.starts_with(&before),
            "what was there is there, byte for byte"
        );
        let rows = scratch
            .store
            .load(ID)
            .expect("a killed run is no error")
            .rows;
        assert!(
            rows.iter()
                .enumerate()
                .all(|(place, found)| *found == row(place as u32))
        );
        drop(scratch.store.resume(ID).expect("its lock went with it"));
        before = scratch.rows();
        assert!(after.starts_with(&before) || before.starts_with(&after));
        assert_eq!(
            before.iter().filter(|byte| **byte == b'\n').count(),
            rows.len()
        );
    }
}
