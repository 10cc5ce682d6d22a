//! `wait-group`: spawn 1,000,000 goroutines that each increment a counter, and wait for all by a
//! `WaitGroup` instead of their handles.
//!
//! Timed: from before the first is started until all are waited for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use goish::{go, sync};
use goish_results::record::Figure;

use super::{nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

const GOROUTINES: u64 = 1_000_000;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let goroutines = scaled(GOROUTINES, scale, 1);
    spawn_and_wait(goroutines.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(goroutines);
    let elapsed = spawn_and_wait(goroutines, stage).await?;
    stage.advance(goroutines);
    Ok(vec![nanoseconds_per("per-goroutine", elapsed, goroutines)])
}

async fn spawn_and_wait(goroutines: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let counter = Arc::new(AtomicU64::new(0));
    let group = sync::WaitGroup::new();
    let clock = stage.start().await;
    for _ in 0..goroutines {
        group.Add(1);
        go! {
            counter.fetch_add(1, Ordering::Relaxed);
            group.Done();
        };
    }
    group.wait().await;
    let elapsed = clock.stop();
    verify(counter.load(Ordering::Relaxed), goroutines)?;
    Ok(elapsed)
}
