//! `parked`: n goroutines that wait for one signal, which is then given.
//!
//! Measured: the growth of the resident set from before the first spawn until every goroutine waits,
//! and the time from just before the signal until every goroutine has woken. There is no warm-up,
//! so that memory freed before cannot hide the growth.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use goish_lab::memory::Footprint;
use goish_lab::stage::{Stage, Wrong};
use goish_results::record::Figure;
use rustix::time::{ClockId, clock_gettime};

use super::{figure, nanoseconds_per, scaled};
use crate::Goroutines;

pub(super) async fn sample<G: Goroutines>(
    count: u64,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let count = scaled(count, scale, 1);
    stage.expect(count);
    let signal = G::signal();
    let (done, mut all_woken) = G::channel();
    let woken = Arc::new(AtomicU64::new(0));

    let before = Footprint::now()?;
    for _ in 0..count {
        let (signal, done) = (signal.clone(), done.clone());
        let (woken, stage) = (Arc::clone(&woken), stage.clone());
        let goroutine = G::spawn(async move {
            stage.advance(1);
            G::wait(&signal).await;
            if woken.fetch_add(1, Ordering::AcqRel) + 1 == count {
                G::send(&done, 0).await;
            }
        })?;
        G::detach(goroutine);
    }
    quiet::<G>(count, stage).await;
    let after = Footprint::now()?;
    let held = figure(
        "resident-per-goroutine",
        "bytes",
        after.resident_per(before, count),
    );
    stage.found(vec![held.clone()]);

    let clock = stage.start_now();
    G::fire(&signal);
    let last = G::recv(&mut all_woken).await;
    let elapsed = clock.stop();
    if last.is_none() {
        return Err(Wrong::Behaviour("the last to wake did not say so"));
    }
    Ok(vec![held, nanoseconds_per("per-wake", elapsed, count)])
}

/// Waits until all have said that they are about to wait, and then until this process has nothing
/// left to do: no runtime tells from outside that a goroutine waits.
async fn quiet<G: Goroutines>(count: u64, stage: &Stage) {
    const GLANCE: Duration = Duration::from_millis(10);
    const NOTHING: Duration = Duration::from_millis(1);

    while stage.progress().0 < count {
        G::sleep(GLANCE).await;
    }
    loop {
        let before = processor_time();
        G::sleep(GLANCE).await;
        if processor_time().saturating_sub(before) < NOTHING {
            return;
        }
    }
}

/// Processor time that this process has taken.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
    seconds + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}
