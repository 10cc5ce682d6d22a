//! `parked-1m`: 1,000,000 tasks parked on one channel, then the channel ends.
//!
//! Measured: the growth of the resident set and of the heap from before the first spawn until every
//! task waits in the channel's queue; and the time from just before the channel ends (goish closes
//! it, raw drops the last sender) until every task has woken and seen that it ended. There is no
//! warm-up, as in `rss-100k`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use goish_results::record::Figure;

use super::parking::Gate;
use super::{figure, nanoseconds_per, scaled};
use crate::memory::Footprint;
use crate::stage::{Stage, Wrong};
use crate::subject::{Capacity, Subject};

pub(super) const TASKS: u64 = 1_000_000;

/// Wakes that are reported at a time.
const CHUNK: u64 = 64;

pub(super) async fn sample<S: Subject>(scale: u64, stage: &Stage) -> Result<Vec<Figure>, Wrong> {
    let tasks = scaled(TASKS, scale, 1);
    stage.expect(tasks);
    let (sender, receiver) = S::channel(Capacity::Bounded(1));
    let crowd = Arc::new(Crowd {
        parked: Gate::new(tasks),
        woken: Gate::new(tasks),
        ended: AtomicU64::new(0),
        stage: stage.clone(),
    });

    let before = Footprint::now()?;
    for _ in 0..tasks {
        let (receiver, crowd) = (receiver.clone(), Arc::clone(&crowd));
        // Detached: a list of handles would be counted as memory of the goroutines.
        drop(S::spawn(async move {
            let received = crowd.parked.pass(S::recv(&receiver)).await;
            crowd.wake(received);
        }));
    }
    crowd.parked.opened().await;
    let after = Footprint::now()?;
    let held = [
        figure(
            "resident-per-goroutine",
            "bytes",
            after.resident_per(before, tasks),
        ),
        figure("heap-per-goroutine", "bytes", after.heap_per(before, tasks)),
    ];
    stage.found(held.to_vec());

    let clock = stage.start().await;
    S::end(sender);
    crowd.woken.opened().await;
    let elapsed = clock.stop();

    match crowd.ended.load(Ordering::Relaxed) {
        ended if ended == tasks => {}
        ended => {
            return Err(Wrong::Count {
                delivered: ended,
                expected: tasks,
            });
        }
    }
    let wake = nanoseconds_per("per-wake", elapsed, tasks);
    Ok(held.into_iter().chain([wake]).collect())
}

/// What all parked tasks share.
struct Crowd {
    parked: Gate,
    woken: Gate,
    /// Tasks that woke and saw the channel's end.
    ended: AtomicU64,
    stage: Stage,
}

impl Crowd {
    fn wake(&self, received: Option<u64>) {
        if received.is_none() {
            let ended = self.ended.fetch_add(1, Ordering::Relaxed) + 1;
            if ended.is_multiple_of(CHUNK) {
                self.stage.advance(CHUNK);
            }
        }
        self.woken.arrive();
    }
}
