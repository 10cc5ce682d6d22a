//! async-channel 2.5: a lock-free queue with event lists.
//!
//! What the crate does not do, and what stands in for it: it has no capacity 0; a woken sender may
//! be overtaken by a later one; a send that is cancelled drops its value; it has no select. So
//! [`AsyncChannel`]'s Go-rules channel is the waiting core with an async-channel channel as its
//! buffer, and no task ever parks inside async-channel.

use std::future::Future;

use crate::capabilities::{Capabilities, Info, Support};
use crate::channel::Engine;
use crate::core::{Backed, Queue, Shared};
use crate::raw::{RawChannels, RawReceiver, RawSender, mapped};

/// The async-channel engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsyncChannel;

impl Engine for AsyncChannel {
    const INFO: Info = Info {
        name: "async-channel",
        package: "async-channel",
        capabilities: Capabilities {
            buffered: Support::Native,
            rendezvous: Support::Built,
            unbounded: Support::Native,
            close: Support::Built,
            sender_order: Support::Built,
            select: Support::Built,
            cancellation: Support::Built,
            raw_rendezvous: Support::Missing("async-channel has no rendezvous"),
        },
    };
    type Channel<T: Send> = Shared<T, Backed<T, AsyncChannelQueue<T>>>;
    type Raw = AsyncChannel;
}

/// Both ends of one of the crate's channels, as a queue.
pub struct AsyncChannelQueue<T>(async_channel::Sender<T>, async_channel::Receiver<T>);

impl<T: Send> Queue<T> for AsyncChannelQueue<T> {
    fn bounded(capacity: usize) -> Self {
        let (sender, receiver) = async_channel::bounded(capacity);
        Self(sender, receiver)
    }

    fn unbounded() -> Self {
        let (sender, receiver) = async_channel::unbounded();
        Self(sender, receiver)
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }

    fn push(&self, value: T) -> Result<(), T> {
        self.0
            .try_send(value)
            .map_err(async_channel::TrySendError::into_inner)
    }

    fn pop(&self) -> Option<T> {
        self.1.try_recv().ok()
    }

    fn len(&self) -> usize {
        self.1.len()
    }
}

impl RawChannels for AsyncChannel {
    type Sender<T: Send + Unpin + 'static> = async_channel::Sender<T>;
    type Receiver<T: Send + Unpin + 'static> = async_channel::Receiver<T>;

    fn bounded<T: Send + Unpin + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        async_channel::bounded(capacity.max(1))
    }

    fn unbounded<T: Send + Unpin + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
        async_channel::unbounded()
    }
}

impl<T: Send + Unpin + 'static> RawSender<T> for async_channel::Sender<T> {
    fn send(&self, value: T) -> impl Future<Output = bool> + Send {
        mapped(self.send(value), |sent| sent.is_ok())
    }
}

impl<T: Send + Unpin + 'static> RawReceiver<T> for async_channel::Receiver<T> {
    fn recv(&self) -> impl Future<Output = Option<T>> + Send {
        mapped(self.recv(), Result::ok)
    }
}
