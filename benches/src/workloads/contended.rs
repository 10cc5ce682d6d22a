//! `contended-16`: sixteen senders and sixteen receivers on one channel.
//!
//! Timed: from before the tasks are spawned until every receiver has seen the channel end. Besides
//! the time, the sample says how evenly everybody was served, relative to an even share: what the
//! receiver that got least and the one that got most received by the end; and what the sender that
//! got least and the one that got most had sent when the first of them was through.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
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
        figure("fairness-min", "share", crowd.receivers.least),
        figure("fairness-max", "share", crowd.receivers.most),
        figure("sender-fairness-min", "share", crowd.senders.least),
        figure("sender-fairness-max", "share", crowd.senders.most),
    ])
}

/// How a crowd of senders and receivers did.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// How long it took altogether.
    pub elapsed: Duration,
    /// How evenly the receivers were served.
    pub receivers: Shares,
    /// How evenly the senders were served.
    pub senders: Shares,
}

/// How evenly sixteen tasks were served: 1 is an even share.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// The smallest share.
    pub least: f64,
    /// The largest share.
    pub most: f64,
}

impl Shares {
    fn of(counts: impl Iterator<Item = u64> + Clone) -> Self {
        let total: u64 = counts.clone().sum();
        let share = |count: Option<u64>| count.unwrap_or(0) as f64 * TASKS as f64 / total as f64;
        Shares {
            least: share(counts.clone().min()),
            most: share(counts.max()),
        }
    }
}

/// How many messages each sender has sent, and how many they had when the first was through.
#[derive(Debug, Default)]
struct Sent {
    counts: [Count; TASKS as usize],
    at_the_first_end: OnceLock<[u64; TASKS as usize]>,
}

/// A count on a cache line of its own, so that counting costs next to nothing.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Count(AtomicU64);

impl Sent {
    fn one_more(&self, task: usize) {
        // Only this task writes its count.
        let count = &self.counts[task].0;
        count.store(count.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    fn is_through(&self) {
        self.at_the_first_end.get_or_init(|| {
            std::array::from_fn(|task| self.counts[task].0.load(Ordering::Relaxed))
        });
    }

    fn shares(&self) -> Shares {
        self.is_through();
        Shares::of(self.at_the_first_end.get().into_iter().flatten().copied())
    }
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
    let sent = Arc::new(Sent::default());
    let clock = stage.start().await;
    let receivers: Vec<_> = (0..TASKS)
        .map(|_| S::spawn(receive::<S>(&receiver, stage)))
        .collect();
    let senders: Vec<_> = (0..TASKS)
        .map(|task| S::spawn(send_share::<S>(&sender, task, messages, &sent)))
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
    Ok(Crowd {
        elapsed,
        receivers: Shares::of(counts.iter().map(|received| received.count)),
        senders: sent.shares(),
    })
}

fn receive<S: Subject>(
    receiver: &S::Receiver,
    stage: &Stage,
) -> impl Future<Output = Received> + Send + use<S> {
    let mut receiver = S::another(receiver);
    let mut tally = Tally::new(stage);
    async move {
        while let Some(message) = S::recv(&mut receiver).await {
            tally.add(message);
        }
        tally.finish()
    }
}

/// Sends every sixteenth message, so that all senders together send 0 to `messages - 1`.
fn send_share<S: Subject>(
    sender: &S::Sender,
    task: u64,
    messages: u64,
    sent: &Arc<Sent>,
) -> impl Future<Output = ()> + Send + use<S> {
    let sender = sender.clone();
    let sent = Arc::clone(sent);
    async move {
        let mut message = task;
        while message < messages && S::send(&sender, message).await {
            sent.one_more(task as usize);
            message += TASKS;
        }
        sent.is_through();
    }
}
