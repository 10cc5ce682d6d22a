//! `prod-cons-1`, `prod-cons-1024`, `prod-cons-unbounded`: one sender, one receiver, one channel.
//!
//! Timed: from before both tasks are spawned until the receiver has seen the channel end.

use std::time::Duration;

use goish_results::record::Figure;

use super::{nanoseconds_per, scaled};
use crate::stage::{Stage, Tally, Wrong};
use crate::subject::{Capacity, Subject};

const MESSAGES: u64 = 200_000;

pub(super) async fn sample<S: Subject>(
    capacity: Capacity,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let messages = scaled(MESSAGES, scale, 1);
    messages_through::<S>(capacity, messages.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(messages);
    let elapsed = messages_through::<S>(capacity, messages, stage).await?;
    Ok(vec![nanoseconds_per("per-message", elapsed, messages)])
}

/// Sends `messages` through one channel and returns how long that took.
///
/// # Errors
///
/// [`Wrong`] when a message was lost, doubled or changed.
pub async fn messages_through<S: Subject>(
    capacity: Capacity,
    messages: u64,
    stage: &Stage,
) -> Result<Duration, Wrong> {
    let (sender, mut receiver) = S::channel(capacity);
    let mut tally = Tally::new(stage);
    let clock = stage.start().await;
    let producer = S::spawn(async move {
        for message in 0..messages {
            if !S::send(&sender, message).await {
                return;
            }
        }
        S::end(sender);
    });
    let consumer = S::spawn(async move {
        while let Some(message) = S::recv(&mut receiver).await {
            tally.add(message);
        }
        tally.finish()
    });
    let received = S::join(consumer).await;
    let elapsed = clock.stop();
    S::join(producer).await;
    received.verify(messages)?;
    Ok(elapsed)
}
