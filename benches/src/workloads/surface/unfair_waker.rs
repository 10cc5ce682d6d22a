//! `unfair-waker`: a goroutine wakes another and then computes for 20 ms.
//!
//! Measured: from just before the send that wakes until the woken goroutine runs, 25 times. There
//! is an idle worker, unless there is only one.

use std::time::{Duration, Instant};

use goish::{Chan, go, time};
use goish_results::record::Figure;

use super::{compute, join, quantile, scaled, since, verify};
use crate::stage::{Stage, Wrong};

const ROUNDS: u64 = 25;
const COMPUTING: Duration = Duration::from_millis(20);

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let rounds = scaled(ROUNDS, scale, 2);
    stage.expect(rounds);
    let bell: Chan<u64> = Chan::new(1);
    let (heard, on_stage) = (bell.clone(), stage.clone());
    let clock = stage.start().await;
    let begun = Instant::now();
    let sleeper = go! {
        let mut delays = Vec::new();
        for _ in 0..rounds {
            let (rung, _) = heard.Recv();
            delays.push(since(begun) - rung);
            on_stage.advance(1);
        }
        delays
    };
    let waker = go! {
        for _ in 0..rounds {
            // By then the sleeper waits again, and the other worker is idle.
            time::Sleep(2 * time::Millisecond);
            bell.Send(since(begun));
            compute(COMPUTING);
        }
    };
    join(waker).await;
    let mut delays = join(sleeper).await;
    let _ = clock.stop();
    verify(delays.len() as u64, rounds)?;
    delays.sort_unstable();
    Ok(vec![
        quantile("delay-p50", &delays, 0.5),
        quantile("delay-p90", &delays, 0.9),
        quantile("delay-max", &delays, 1.0),
    ])
}
