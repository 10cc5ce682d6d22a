//! `rw-mutex-read-mostly`: sixteen goroutines that share a read-write mutex, of whose operations
//! one in a hundred writes.
//!
//! Timed: from before they are started until all are waited for.

use std::sync::Arc;
use std::time::Duration;

use goish::{go, sync};
use goish_results::record::Figure;

use super::{nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

const TASKS: u64 = 16;
const LOCKS: u64 = 200_000;

/// Of so many operations one writes.
const WRITES_ONE_IN: u64 = 100;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let each = scaled(LOCKS, scale, TASKS) / TASKS;
    read_and_write(each.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(each * TASKS);
    let elapsed = read_and_write(each, stage).await?;
    stage.advance(each * TASKS);
    Ok(vec![nanoseconds_per("per-lock", elapsed, each * TASKS)])
}

async fn read_and_write(each: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let written = Arc::new(sync::RWMutex::new(0));
    let group = sync::WaitGroup::new();
    let clock = stage.start().await;
    for _ in 0..TASKS {
        group.Add(1);
        go! {
            let mut last = 0;
            for turn in 0..each {
                if turn % WRITES_ONE_IN == 0 {
                    *written.Lock() += 1;
                } else {
                    let now = *written.RLock();
                    assert!(now >= last, "a reader saw the past");
                    last = now;
                }
            }
            group.Done();
        };
    }
    group.wait().await;
    let elapsed = clock.stop();
    let written = *written.read().await;
    verify(written, each.div_ceil(WRITES_ONE_IN) * TASKS)?;
    Ok(elapsed)
}
