//! `pool-8`: eight workers that take jobs from one buffered channel and put results into another, as
//! README's program does. What plain functions cost, `plain-ping-pong` and `plain-parked` say.
//!
//! Timed: from before the workers are started until the last result is received.

use std::time::Duration;

use goish::{Chan, go, go_fn};
use goish_results::record::Figure;

use super::{join, nanoseconds_per, scaled};
use crate::stage::{Stage, Tally, Wrong};

const WORKERS: u64 = 8;
const JOBS: u64 = 100_000;
const BUFFER: i64 = 100;

pub(super) async fn sample(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let jobs = scaled(JOBS, scale, 1);
    work_through(jobs.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(jobs);
    let elapsed = work_through(jobs, stage).await?;
    Ok(vec![nanoseconds_per("per-job", elapsed, jobs)])
}

async fn work_through(count: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let (jobs, results): (Chan<u64>, Chan<u64>) = (Chan::new(BUFFER), Chan::new(BUFFER));
    let clock = stage.start().await;
    for _ in 0..WORKERS {
        go! { worker(jobs, results) };
    }
    go! {
        for job in 0..count {
            jobs.Send(job);
        }
        jobs.Close();
    };
    let on_stage = stage.clone();
    let collector = go! {
        let mut tally = Tally::new(&on_stage);
        for _ in 0..count {
            tally.add(results.Recv().0);
        }
        tally.finish()
    };
    let received = join(collector).await;
    let elapsed = clock.stop();
    received.verify(count)?;
    Ok(elapsed)
}

#[go_fn]
fn worker(jobs: Chan<u64>, results: Chan<u64>) {
    for job in range!(jobs) {
        results.Send(job);
    }
}
