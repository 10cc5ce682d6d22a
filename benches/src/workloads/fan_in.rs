//! `fan-in`: n senders parked on a channel of capacity 1, one receiver.
//!
//! Timed: the receiver's n receives. Before the clock starts, every sender has been polled: one has
//! put its message into the buffer, all others wait in the channel's queue. Small n are repeated,
//! each time with a new channel, and the times are added up.

use std::time::Duration;

use goish_results::record::Figure;

use super::parking::Gate;
use super::{nanoseconds_per, scaled};
use crate::stage::{Stage, Tally, Wrong};
use crate::subject::{Capacity, Subject};

/// Rounds of a small n go on until this many messages were received.
const MESSAGES: u64 = 20_000;

pub(super) async fn sample<S: Subject>(
    senders: u64,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let senders = scaled(senders, scale, 2);
    let rounds = scaled(MESSAGES, scale, 1).div_ceil(senders);
    drain_parked::<S>(senders.min(1_000), &Stage::unwatched()).await?;
    stage.expect(rounds * senders);
    let mut elapsed = Duration::ZERO;
    for _ in 0..rounds {
        elapsed += drain_parked::<S>(senders, stage).await?;
    }
    Ok(vec![nanoseconds_per(
        "per-message",
        elapsed,
        rounds * senders,
    )])
}

/// Parks `senders` senders, then receives what they send and returns how long the receives took.
///
/// # Errors
///
/// [`Wrong`] when a message was lost, doubled or changed.
pub async fn drain_parked<S: Subject>(senders: u64, stage: &Stage) -> Result<Duration, Wrong> {
    let (sender, mut receiver) = S::channel(Capacity::Bounded(1));
    let parked = Gate::new(senders);
    for message in 0..senders {
        let (sender, parked) = (sender.clone(), parked.clone());
        drop(S::spawn(async move {
            parked.pass(S::send(&sender, message)).await
        }));
    }
    parked.opened().await;

    let mut tally = Tally::new(stage);
    let clock = stage.start().await;
    for _ in 0..senders {
        let Some(message) = S::recv(&mut receiver).await else {
            break;
        };
        tally.add(message);
    }
    let elapsed = clock.stop();
    tally.finish().verify(senders)?;
    Ok(elapsed)
}
