//! `syscalls`: 64 goroutines that each stand in a system call for 20 ms, of which nobody was told.
//!
//! Timed: from before the first is started until all are waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use goish::{go, sync};
use goish_results::record::Figure;

use super::{nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

const GOROUTINES: u64 = 64;
const CALL: Duration = Duration::from_millis(20);

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let goroutines = scaled(GOROUTINES, scale, 2);
    stage.expect(goroutines);
    let returned = Arc::new(AtomicU64::new(0));
    let group = sync::WaitGroup::new();
    let clock = stage.start().await;
    for _ in 0..goroutines {
        group.Add(1);
        let on_stage = stage.clone();
        go! {
            std::thread::sleep(CALL);
            returned.fetch_add(1, Ordering::Relaxed);
            on_stage.advance(1);
            group.Done();
        };
    }
    group.wait().await;
    let elapsed = clock.stop();
    verify(returned.load(Ordering::Relaxed), goroutines)?;
    Ok(vec![nanoseconds_per("total", elapsed, 1)])
}
