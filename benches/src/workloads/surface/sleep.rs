//! `sleep-100k`: 100,000 goroutines that each sleep once, between 1 and 2 ms.
//!
//! Timed: from before the first is started until all are waited for. The lateness is how much
//! longer than asked for a goroutine slept.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use goish::{go, sync, time};
use goish_results::record::Figure;

use super::{figure, nanoseconds_per, scaled, since, verify};
use crate::stage::{Stage, Wrong};

const SLEEPERS: u64 = 100_000;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let sleepers = scaled(SLEEPERS, scale, 1);
    all_sleep(sleepers.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(sleepers);
    let night = all_sleep(sleepers, stage).await?;
    stage.advance(sleepers);
    Ok(vec![
        nanoseconds_per("per-sleep", night.elapsed, sleepers),
        figure("lateness-max", "ns", night.latest as f64),
        figure(
            "lateness-mean",
            "ns",
            night.late as f64 / night.slept.max(1) as f64,
        ),
    ])
}

struct Night {
    elapsed: Duration,
    slept: u64,
    late: u64,
    latest: u64,
}

#[derive(Default)]
struct Lateness {
    slept: AtomicU64,
    sum: AtomicU64,
    largest: AtomicU64,
}

async fn all_sleep(sleepers: u64, stage: &Stage) -> Result<Night, Wrong> {
    let lateness = Arc::new(Lateness::default());
    let group = sync::WaitGroup::new();
    let clock = stage.start().await;
    for sleeper in 0..sleepers {
        // Not in the order of their starts.
        let asked = 1_000_000 + (sleeper * 7919 % 1000) * 1000;
        group.Add(1);
        go! {
            let begun = Instant::now();
            time::Sleep(time::Duration(asked as i64));
            let slept = since(begun);
            let late = slept.saturating_sub(asked);
            lateness.slept.fetch_add(u64::from(slept >= asked), Ordering::Relaxed);
            lateness.sum.fetch_add(late, Ordering::Relaxed);
            lateness.largest.fetch_max(late, Ordering::Relaxed);
            group.Done();
        };
    }
    group.wait().await;
    let elapsed = clock.stop();
    let slept = lateness.slept.load(Ordering::Relaxed);
    verify(slept, sleepers)?;
    Ok(Night {
        elapsed,
        slept,
        late: lateness.sum.load(Ordering::Relaxed),
        latest: lateness.largest.load(Ordering::Relaxed),
    })
}
