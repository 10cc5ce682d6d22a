//! `timer-1m`: 1,000,000 timers of an hour, one after the other, each made and given up.
//!
//! Timed: from before the first is made until the last is given up. goish gives one up by dropping
//! its channel, Go by `Stop`.

use std::time::Duration;

use goish::{go, time};
use goish_results::record::Figure;

use super::{join, nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

const TIMERS: u64 = 1_000_000;

/// Timers that are reported at a time.
const CHUNK: u64 = 1024;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let timers = scaled(TIMERS, scale, 1);
    make_and_stop(timers.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(timers);
    let elapsed = make_and_stop(timers, stage).await?;
    Ok(vec![nanoseconds_per("per-timer", elapsed, timers)])
}

async fn make_and_stop(timers: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let on_stage = stage.clone();
    let clock = stage.start().await;
    let maker = go! {
        let mut stopped = 0;
        for _ in 0..timers {
            let timer = time::After(time::Hour);
            stopped += u64::from(timer.Len() == 0);
            drop(timer);
            if stopped % CHUNK == 0 {
                on_stage.advance(CHUNK);
            }
        }
        stopped
    };
    let stopped = join(maker).await;
    let elapsed = clock.stop();
    verify(stopped, timers)?;
    Ok(elapsed)
}
