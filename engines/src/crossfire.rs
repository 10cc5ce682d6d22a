//! crossfire 3: a lock-free ring or list, with weakly referenced waiters.
//!
//! What the crate does not do, and what stands in for it: a capacity of 0 becomes 1; it closes
//! only when one side is dropped; a woken sender may be overtaken; its select is for receivers
//! only. So [`Crossfire`]'s Go-rules channel is the waiting core with a crossfire channel as its
//! buffer, and no task ever parks inside crossfire.

use std::sync::Once;

use crossfire::mpmc::{self, Array, List};
use crossfire::{MAsyncRx, MAsyncTx, MTx};

use crate::capabilities::{Capabilities, Info, Support};
use crate::channel::Engine;
use crate::core::{Backed, Queue, Shared};
use crate::raw::{Closed, RawChannels, RawReceiver, RawSender};

/// The crossfire engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crossfire;

impl Engine for Crossfire {
    const INFO: Info = Info {
        name: "crossfire",
        package: "crossfire",
        capabilities: Capabilities {
            rendezvous: Support::Built,
            unbounded: Support::Native,
            close: Support::Built,
            sender_order: Support::Built,
            select: Support::Built,
            cancellation: Support::Built,
            raw_rendezvous: Support::Missing("crossfire has no rendezvous"),
        },
    };
    type Channel<T: Send + 'static> = Shared<T, Backed<T, CrossfireQueue<T>>>;
    type Raw = Crossfire;
}

/// The sending half of either kind of channel: the crate gives them different types.
pub enum CrossfireSender<T: Send + 'static> {
    /// Of a bounded channel.
    Bounded(MAsyncTx<Array<T>>),
    /// Of an unbounded one, whose sends never wait.
    Unbounded(MTx<List<T>>),
}

/// The receiving half of either kind of channel.
pub enum CrossfireReceiver<T: Send + 'static> {
    /// Of a bounded channel.
    Bounded(MAsyncRx<Array<T>>),
    /// Of an unbounded one.
    Unbounded(MAsyncRx<List<T>>),
}

impl<T: Send + 'static> Clone for CrossfireSender<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Bounded(sender) => Self::Bounded(sender.clone()),
            Self::Unbounded(sender) => Self::Unbounded(sender.clone()),
        }
    }
}

impl<T: Send + 'static> Clone for CrossfireReceiver<T> {
    fn clone(&self) -> Self {
        match self {
            Self::Bounded(receiver) => Self::Bounded(receiver.clone()),
            Self::Unbounded(receiver) => Self::Unbounded(receiver.clone()),
        }
    }
}

/// Both ends of one of the crate's channels, as a queue.
pub struct CrossfireQueue<T: Send + 'static>(CrossfireSender<T>, CrossfireReceiver<T>);

impl<T: Send + 'static> Queue<T> for CrossfireQueue<T> {
    fn bounded(capacity: usize) -> Self {
        let (sender, receiver) = bounded(capacity);
        Self(sender, receiver)
    }

    fn unbounded() -> Self {
        let (sender, receiver) = unbounded();
        Self(sender, receiver)
    }

    fn is_full(&self) -> bool {
        match &self.0 {
            CrossfireSender::Bounded(sender) => sender.is_full(),
            CrossfireSender::Unbounded(_) => false,
        }
    }

    fn push(&self, value: T) -> Result<(), T> {
        let result = match &self.0 {
            CrossfireSender::Bounded(sender) => sender.try_send(value),
            CrossfireSender::Unbounded(sender) => sender.try_send(value),
        };
        result.map_err(crossfire::TrySendError::into_inner)
    }

    fn pop(&self) -> Option<T> {
        match &self.1 {
            CrossfireReceiver::Bounded(receiver) => receiver.try_recv().ok(),
            CrossfireReceiver::Unbounded(receiver) => receiver.try_recv().ok(),
        }
    }

    fn len(&self) -> usize {
        match &self.1 {
            CrossfireReceiver::Bounded(receiver) => receiver.len(),
            CrossfireReceiver::Unbounded(receiver) => receiver.len(),
        }
    }
}

/// The crate's documentation asks for this once per program, on machines with few cores.
fn configure() {
    static CONFIGURE: Once = Once::new();
    CONFIGURE.call_once(crossfire::detect_backoff_cfg);
}

fn bounded<T: Send + 'static>(capacity: usize) -> (CrossfireSender<T>, CrossfireReceiver<T>) {
    configure();
    let (sender, receiver) = mpmc::bounded_async(capacity);
    (
        CrossfireSender::Bounded(sender),
        CrossfireReceiver::Bounded(receiver),
    )
}

fn unbounded<T: Send + 'static>() -> (CrossfireSender<T>, CrossfireReceiver<T>) {
    configure();
    let (sender, receiver) = mpmc::unbounded_async();
    (
        CrossfireSender::Unbounded(sender),
        CrossfireReceiver::Unbounded(receiver),
    )
}

impl RawChannels for Crossfire {
    type Sender<T: Send + Unpin + 'static> = CrossfireSender<T>;
    type Receiver<T: Send + Unpin + 'static> = CrossfireReceiver<T>;

    fn bounded<T: Send + Unpin + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        bounded(capacity)
    }

    fn unbounded<T: Send + Unpin + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
        unbounded()
    }
}

impl<T: Send + Unpin + 'static> RawSender<T> for CrossfireSender<T> {
    async fn send(&self, value: T) -> Result<(), Closed> {
        match self {
            Self::Bounded(sender) => sender.send(value).await.map_err(|_| Closed),
            Self::Unbounded(sender) => sender.send(value).map_err(|_| Closed),
        }
    }
}

impl<T: Send + Unpin + 'static> RawReceiver<T> for CrossfireReceiver<T> {
    async fn recv(&self) -> Option<T> {
        match self {
            Self::Bounded(receiver) => receiver.recv().await.ok(),
            Self::Unbounded(receiver) => receiver.recv().await.ok(),
        }
    }
}
