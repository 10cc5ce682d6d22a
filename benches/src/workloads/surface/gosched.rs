//! `gosched`: two goroutines that let each other run, again and again.
//!
//! Timed: from before they are started until both are waited for.

use std::time::Duration;

use goish::{go, runtime};
use goish_results::record::Figure;

use super::{join, nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

/// Of both together.
const YIELDS: u64 = 400_000;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let each = scaled(YIELDS, scale, 2) / 2;
    stand_aside(each.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(2 * each);
    let elapsed = stand_aside(each, stage).await?;
    stage.advance(2 * each);
    Ok(vec![nanoseconds_per("per-yield", elapsed, 2 * each)])
}

async fn stand_aside(each: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let clock = stage.start().await;
    let both = [0, 1].map(|_| {
        go! {
            let mut turns = 0;
            for _ in 0..each {
                runtime::Gosched();
                turns += 1;
            }
            turns
        }
    });
    let mut turns: u64 = 0;
    for goroutine in both {
        turns += join(goroutine).await;
    }
    let elapsed = clock.stop();
    verify(turns, 2 * each)?;
    Ok(elapsed)
}
