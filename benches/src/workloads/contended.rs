//! `contended-16`: sixteen senders and sixteen receivers on one channel.
//!
//! Timed: from before the tasks are spawned until every receiver has seen the channel end. Besides
//! the time, the sample says how evenly the receivers were served: what the one that got least and
//! the one that got most received, relative to an even share.

use std::time::Duration;

use goish_results::record::Figure;

use super::{figure, nanoseconds_per, scaled};
use crate::stage::{Received, Stage, Tally, Wrong};
use crate::subject::{Capacity, Subject};

const TASKS: u64 = 16;
const MESSAGES: u64 = 200_000;

pub(super) async fn sample<S: Subject>(
    capacity: usize,
    scale: u64,
    stage: &Stage,
) -> Result<Vec<Figure>, Wrong> {
    let messages = scaled(MESSAGES, scale, TASKS);
    messages_through::<S>(capacity, messages.div_ceil(10), &Stage::unwatched()).await?;
    stage.expect(messages);
    let crowd = messages_through::<S>(capacity, messages, stage).await?;
    Ok(vec![
        nanoseconds_per("per-message", crowd.elapsed, messages),
        figure("fairness-min", "share", crowd.least),
        figure("fairness-max", "share", crowd.most),
    ])
}

/// How a crowd of senders and receivers did.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// How long it took altogether.
    pub elapsed: Duration,
    /// The smallest count of one receiver, relative to an even share.
    pub least: f64,
    /// The largest count of one receiver, relative to an even share.
    pub most: f64,
}

/// Sends `messages` from sixteen tasks to sixteen others through one channel of this capacity.
///
/// # Errors
///
/// [`Wrong`] when a message was lost, doubled or changed.
pub async fn messages_through<S: Subject>(
    capacity: usize,
    messages: u64,
    stage: &Stage,
) -> Result<Crowd, Wrong> {
    let (sender, receiver) = S::channel(Capacity::Bounded(capacity));
    let clock = stage.start().await;
    let receivers: Vec<_> = (0..TASKS)
        .map(|_| S::spawn(receive::<S>(&receiver, stage)))
        .collect();
    let senders: Vec<_> = (0..TASKS)
        .map(|task| S::spawn(send_share::<S>(&sender, task, messages)))
        .collect();
    for task in senders {
        S::join(task).await;
    }
    S::end(sender);
    let mut counts = Vec::with_capacity(receivers.len());
    for task in receivers {
        counts.push(S::join(task).await);
    }
    let elapsed = clock.stop();

    counts
        .iter()
        .copied()
        .fold(Received::default(), Received::merge)
        .verify(messages)?;
    let share = |count: u64| count as f64 * TASKS as f64 / messages as f64;
    let counts = counts.iter().map(|received| received.count);
    Ok(Crowd {
        elapsed,
        least: share(counts.clone().min().unwrap_or(0)),
        most: share(counts.max().unwrap_or(0)),
    })
}

fn receive<S: Subject>(
    receiver: &S::Receiver,
    stage: &Stage,
) -> impl Future<Output = Received> + Send + use<S> {
    let receiver = receiver.clone();
    let mut tally = Tally::new(stage);
    async move {
        while let Some(message) = S::recv(&receiver).await {
            tally.add(message);
        }
        tally.finish()
    }
}

/// Sends every sixteenth message, so that all senders together send 0 to `messages - 1`.
fn send_share<S: Subject>(
    sender: &S::Sender,
    first: u64,
    messages: u64,
) -> impl Future<Output = ()> + Send + use<S> {
    let sender = sender.clone();
    async move {
        let mut message = first;
        while message < messages && S::send(&sender, message).await {
            message += TASKS;
        }
    }
}
