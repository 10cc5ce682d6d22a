//! `mutex-contended`: sixteen goroutines that all count under one mutex.
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

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let each = scaled(LOCKS, scale, TASKS) / TASKS;
    count(each.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(each * TASKS);
    let elapsed = count(each, stage).await?;
    stage.advance(each * TASKS);
    Ok(vec![nanoseconds_per("per-lock", elapsed, each * TASKS)])
}

async fn count(each: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let total = Arc::new(sync::Mutex::new(0));
    let group = sync::WaitGroup::new();
    let clock = stage.start().await;
    for _ in 0..TASKS {
        group.Add(1);
        go! {
            for _ in 0..each {
                *total.Lock() += 1;
            }
            group.Done();
        };
    }
    group.wait().await;
    let elapsed = clock.stop();
    let total = *total.lock().await;
    verify(total, each * TASKS)?;
    Ok(elapsed)
}
