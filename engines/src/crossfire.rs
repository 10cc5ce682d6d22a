//! crossfire 3: a lock-free ring or list, with weakly referenced waiters.
//!
//! Measured raw only. Its channels take `'static` values, and a `Chan` takes any; beside that a
//! capacity of 0 becomes 1, a channel closes only when one side is dropped, and a woken sender may
//! be overtaken. goish refuses it, as its [`Capabilities`] say.

use std::sync::Once;

use crossfire::mpmc::{self, Array, List};
use crossfire::{MAsyncRx, MAsyncTx, MTx};

use crate::capabilities::{Capabilities, Info, Support};
use crate::channel::Engine;
use crate::core::{Ring, Shared};
use crate::raw::{RawChannels, RawReceiver, RawSender};

const RAW_ONLY: Support =
    Support::Missing("crossfire's channels take only 'static values: it is measured raw");

/// The crossfire engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crossfire;

impl Engine for Crossfire {
    const INFO: Info = Info {
        name: "crossfire",
        package: "crossfire",
        capabilities: Capabilities {
            buffered: RAW_ONLY,
            rendezvous: RAW_ONLY,
            unbounded: RAW_ONLY,
            close: RAW_ONLY,
            sender_order: RAW_ONLY,
            select: RAW_ONLY,
            cancellation: RAW_ONLY,
            raw_rendezvous: Support::Missing("crossfire has no rendezvous"),
        },
    };
    /// Never made: goish refuses the engine before.
    type Channel<T: Send> = Shared<T, Ring<T>>;
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

/// The crate's documentation asks for this once per program, on machines with few cores.
fn configure() {
    static CONFIGURE: Once = Once::new();
    CONFIGURE.call_once(crossfire::detect_backoff_cfg);
}

impl RawChannels for Crossfire {
    type Sender<T: Send + Unpin + 'static> = CrossfireSender<T>;
    type Receiver<T: Send + Unpin + 'static> = CrossfireReceiver<T>;

    fn bounded<T: Send + Unpin + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        configure();
        let (sender, receiver) = mpmc::bounded_async(capacity);
        (
            CrossfireSender::Bounded(sender),
            CrossfireReceiver::Bounded(receiver),
        )
    }

    fn unbounded<T: Send + Unpin + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
        configure();
        let (sender, receiver) = mpmc::unbounded_async();
        (
            CrossfireSender::Unbounded(sender),
            CrossfireReceiver::Unbounded(receiver),
        )
    }
}

impl<T: Send + Unpin + 'static> RawSender<T> for CrossfireSender<T> {
    async fn send(&self, value: T) -> bool {
        match self {
            Self::Bounded(sender) => sender.send(value).await.is_ok(),
            Self::Unbounded(sender) => sender.send(value).is_ok(),
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
