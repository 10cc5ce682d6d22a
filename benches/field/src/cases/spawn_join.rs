//! `spawn-join`: spawn n goroutines that each increment a counter, and join them.
//!
//! Timed: from before the first spawn until the last is joined. Small n are repeated. The counter is
//! the stage's own progress, so that what stops short says how many ran.

use std::time::Duration;

use goish_lab::stage::{Stage, Wrong};
use goish_results::record::Figure;

use super::{nanoseconds_per, scaled};
use crate::Goroutines;

/// Rounds of a small n go on until this many goroutines were joined.
const GOROUTINES: u64 = 20_000;

/// The warm-up has a tenth of the goroutines, but no more than this.
const WARM_UP: u64 = 10_000;

pub(super) async fn sample<G: Goroutines>(
    count: u64,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let count = scaled(count, scale, 1);
    let rounds = scaled(GOROUTINES, scale, 1).div_ceil(count);
    spawn_and_join::<G>(count.div_ceil(10).min(WARM_UP), &Stage::unwatched()).await?;
    stage.expect(rounds * count);
    let mut elapsed = Duration::ZERO;
    for _ in 0..rounds {
        elapsed += spawn_and_join::<G>(count, stage).await?;
    }
    let operations = rounds * count;
    Ok(vec![nanoseconds_per("per-goroutine", elapsed, operations)])
}

async fn spawn_and_join<G: Goroutines>(count: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let mut handles = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    let (before, _) = stage.progress();
    let clock = stage.start_now();
    for _ in 0..count {
        let stage = stage.clone();
        handles.push(G::spawn(async move { stage.advance(1) })?);
    }
    for handle in handles {
        G::join(handle).await;
    }
    let elapsed = clock.stop();
    let (after, _) = stage.progress();
    match after - before {
        ran if ran == count => Ok(elapsed),
        ran => Err(Wrong::Count {
            delivered: ran,
            expected: count,
        }),
    }
}
