//! `hogs`: as many goroutines as workers compute for 200 ms without an operation, while another
//! wants to run every millisecond.
//!
//! Measured: by how much its sleeps of 1 ms were late while the others computed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use goish::{go, runtime, time};
use goish_results::record::Figure;

use super::{compute, join, nanoseconds, quantile, scaled};
use crate::stage::{Stage, Wrong};

const COMPUTING_MS: u64 = 200;
const TICK: Duration = Duration::from_millis(1);

#[derive(Default)]
struct Hogs {
    compute: AtomicBool,
    are_done: AtomicBool,
}

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let computing = Duration::from_millis(scaled(COMPUTING_MS, scale, 5));
    stage.expect(runtime::GOMAXPROCS(0) as u64);
    let hogs = Arc::new(Hogs::default());
    let seen = Arc::clone(&hogs);
    let ticker = go! {
        let mut late = Vec::new();
        while !seen.are_done.load(Ordering::SeqCst) {
            let begun = Instant::now();
            time::Sleep(time::Millisecond);
            let slept = begun.elapsed();
            if seen.compute.load(Ordering::SeqCst) {
                late.push(nanoseconds(slept.saturating_sub(TICK)));
            }
        }
        late
    };
    let clock = stage.start().await;
    hogs.compute.store(true, Ordering::SeqCst);
    let mut all = Vec::new();
    for _ in 0..runtime::GOMAXPROCS(0) {
        let on_stage = stage.clone();
        all.push(go! {
            compute(computing);
            on_stage.advance(1);
        });
    }
    for hog in all {
        join(hog).await;
    }
    hogs.are_done.store(true, Ordering::SeqCst);
    let _ = clock.stop();
    let mut late = join(ticker).await;
    if late.is_empty() {
        return Err(Wrong::Behaviour("the ticker never ticked"));
    }
    late.sort_unstable();
    Ok(vec![
        quantile("delay-max", &late, 1.0),
        quantile("delay-p50", &late, 0.5),
    ])
}
