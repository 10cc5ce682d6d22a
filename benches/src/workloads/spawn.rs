//! `spawn-1m`: spawn 1,000,000 tasks that each increment a counter, and join them.
//!
//! Timed: from before the first spawn until the last is joined. No channel is involved: the row is
//! there for each engine and mode all the same, so that the table has no holes, and the engines'
//! rows of one mode say how noisy the machine is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use goish_results::record::Figure;

use super::{nanoseconds_per, scaled};
use crate::stage::{Stage, Wrong};
use crate::subject::Subject;

const TASKS: u64 = 1_000_000;

pub(super) async fn sample<S: Subject>(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let tasks = scaled(TASKS, scale, 1);
    spawn_and_join::<S>(tasks.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(tasks);
    let elapsed = spawn_and_join::<S>(tasks, stage).await?;
    Ok(vec![nanoseconds_per("per-goroutine", elapsed, tasks)])
}

/// Spawns and joins `tasks` tasks and returns how long that took.
///
/// # Errors
///
/// [`Wrong`] when not every task ran once.
pub async fn spawn_and_join<S: Subject>(tasks: u64, stage: &Stage) -> Result<Duration, Wrong> {
    /// Joins that are reported at a time.
    const CHUNK: usize = 1024;

    let counter = Arc::new(AtomicU64::new(0));
    let mut handles = Vec::with_capacity(usize::try_from(tasks).unwrap_or(0));
    let clock = stage.start().await;
    for _ in 0..tasks {
        let counter = Arc::clone(&counter);
        handles.push(S::spawn(async move {
            counter.fetch_add(1, Ordering::Relaxed);
        }));
    }
    for (joined, handle) in handles.into_iter().enumerate() {
        S::join(handle).await;
        if joined % CHUNK == CHUNK - 1 {
            stage.advance(CHUNK as u64);
        }
    }
    let elapsed = clock.stop();
    match counter.load(Ordering::Relaxed) {
        ran if ran == tasks => Ok(elapsed),
        ran => Err(Wrong::Count {
            delivered: ran,
            expected: tasks,
        }),
    }
}
