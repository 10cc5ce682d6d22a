//! `cancel`: n receives that wait, dropped in the order in which they parked, in the reverse order,
//! or in a random one.
//!
//! Timed: the drops, each of one boxed future that was polled once and waits in the channel's queue
//! (so freeing the box is in it). Small n are repeated, each time with a new channel. Afterwards the
//! channel still carries a message: nothing was left behind that would take it.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use goish_results::record::Figure;

use super::{nanoseconds_per, scaled};
use crate::stage::{Stage, Wrong};
use crate::subject::{Capacity, Subject};

/// Rounds of a small n go on until this many receives were cancelled.
const CANCELLATIONS: u64 = 20_000;

/// Cancellations that are reported at a time.
const CHUNK: usize = 64;

/// The order in which waiting receives are dropped, relative to the one in which they parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// First parked, first dropped.
    Fifo,
    /// Last parked, first dropped.
    Lifo,
    /// Any, the same in every sample.
    Random,
}

impl Order {
    fn indices(self, count: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..count).collect();
        match self {
            Order::Fifo => {}
            Order::Lifo => indices.reverse(),
            Order::Random => fastrand::Rng::with_seed(0x60154).shuffle(&mut indices),
        }
        indices
    }
}

pub(super) async fn sample<S: Subject>(
    count: u64,
    order: Order,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let count = scaled(count, scale, 2);
    let rounds = scaled(CANCELLATIONS, scale, 1).div_ceil(count);
    park_and_cancel::<S>(count.min(1_000), order, &Stage::unwatched()).await?;
    stage.expect(rounds * count);
    let mut elapsed = Duration::ZERO;
    for _ in 0..rounds {
        elapsed += park_and_cancel::<S>(count, order, stage).await?;
    }
    Ok(vec![nanoseconds_per(
        "per-cancellation",
        elapsed,
        rounds * count,
    )])
}

/// Parks `count` receives, drops them in that order, and returns how long the drops took.
///
/// # Errors
///
/// [`Wrong`] when a receive did not park, or the channel does not carry a message afterwards.
pub async fn park_and_cancel<S: Subject>(
    count: u64,
    order: Order,
    stage: &Stage,
) -> Result<Duration, Wrong> {
    let (sender, mut receiver) = S::channel(Capacity::Bounded(1));
    let elapsed = {
        let mut receives: Vec<_> = (0..count)
            .map(|_| Some(Box::pin(S::recv_beside(&receiver))))
            .collect();
        let order = order.indices(receives.len());
        park(&mut receives).await?;
        let clock = stage.start().await;
        for chunk in order.chunks(CHUNK) {
            for &index in chunk {
                receives[index] = None;
            }
            stage.advance(chunk.len() as u64);
        }
        clock.stop()
    };

    const PROBE: u64 = 42;
    if S::send(&sender, PROBE).await && S::recv(&mut receiver).await == Some(PROBE) {
        Ok(elapsed)
    } else {
        Err(Wrong::Behaviour(
            "after the cancellations the channel did not carry the probe",
        ))
    }
}

/// Polls each receive once. All must wait: the channel is empty and open.
///
/// A receive that waits takes nothing from a task's slice, but one that is over would make it return
/// before it is in the queue: so this begins with a new one.
async fn park<F: Future<Output = Option<u64>>>(
    receives: &mut [Option<Pin<Box<F>>>],
) -> Result<(), Wrong> {
    tokio::task::yield_now().await;
    for receive in receives.iter_mut().flatten() {
        let polled = poll_fn(|context| Poll::Ready(receive.as_mut().poll(context))).await;
        if polled.is_ready() {
            return Err(Wrong::Behaviour(
                "a receive on an empty open channel did not wait",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_drops_each_receive_once() {
        for order in [Order::Fifo, Order::Lifo, Order::Random] {
            let mut indices = order.indices(1_000);
            indices.sort_unstable();
            assert!(indices.into_iter().eq(0..1_000), "{order:?}");
        }
    }

    #[test]
    fn the_random_order_is_the_same_every_time() {
        assert_eq!(Order::Random.indices(100), Order::Random.indices(100));
        assert_ne!(Order::Random.indices(100), Order::Fifo.indices(100));
    }
}
