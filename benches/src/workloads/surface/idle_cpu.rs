//! `idle-cpu`: what a program that does nearly nothing costs: it wakes every millisecond, 200 times.
//!
//! Measured: processor time of the whole process, shared out over the wakes.

use std::time::Duration;

use goish::{go, time};
use goish_results::record::Figure;
use rustix::time::{ClockId, clock_gettime};

use super::{join, nanoseconds_per, scaled, verify};
use crate::stage::{Stage, Wrong};

const WAKES: u64 = 200;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let wakes = scaled(WAKES, scale, 5);
    stage.expect(wakes);
    let clock = stage.start().await;
    let before = processor_time();
    let ticker = go! {
        let mut woken = 0;
        for _ in 0..wakes {
            time::Sleep(time::Millisecond);
            woken += 1;
        }
        woken
    };
    let woken = join(ticker).await;
    let spent = processor_time().saturating_sub(before);
    let _ = clock.stop();
    stage.advance(woken);
    verify(woken, wakes)?;
    Ok(vec![nanoseconds_per("processor-per-wake", spent, wakes)])
}

/// Processor time that this process has taken.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = Duration::from_secs(time.tv_sec.unsigned_abs());
    seconds + Duration::from_nanos(time.tv_nsec.unsigned_abs())
}
