//! flume 0.12: two deques behind a mutex, senders first in first out.
//!
//! What the crate does not do, and what stands in for it: an async send on a capacity of 0
//! completes as soon as a receiver is parked, before it has the value; the channel closes only when
//! one side is dropped, and then still takes values out of parked sends; its selector is for
//! threads only. So [`Flume`]'s Go-rules channel is the waiting core with a flume channel as its
//! buffer, and no task ever parks inside flume.

use std::future::Future;

use crate::capabilities::{Capabilities, Info, Support};
use crate::channel::Engine;
use crate::core::{Backed, Queue, Shared};
use crate::raw::{RawChannels, RawReceiver, RawSender, mapped};

/// The flume engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flume;

impl Engine for Flume {
    const INFO: Info = Info {
        name: "flume",
        package: "flume",
        capabilities: Capabilities {
            buffered: Support::Native,
            rendezvous: Support::Built,
            unbounded: Support::Native,
            close: Support::Built,
            sender_order: Support::Built,
            select: Support::Built,
            cancellation: Support::Built,
            raw_rendezvous: Support::Native,
        },
    };
    type Channel<T: Send> = Shared<T, Backed<T, FlumeQueue<T>>>;
    type Raw = Flume;
}

/// Both ends of one of the crate's channels, as a queue.
pub struct FlumeQueue<T>(flume::Sender<T>, flume::Receiver<T>);

impl<T: Send> Queue<T> for FlumeQueue<T> {
    fn bounded(capacity: usize) -> Self {
        let (sender, receiver) = flume::bounded(capacity);
        Self(sender, receiver)
    }

    fn unbounded() -> Self {
        let (sender, receiver) = flume::unbounded();
        Self(sender, receiver)
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }

    fn push(&self, value: T) -> Result<(), T> {
        self.0
            .try_send(value)
            .map_err(flume::TrySendError::into_inner)
    }

    fn pop(&self) -> Option<T> {
        self.1.try_recv().ok()
    }

    fn len(&self) -> usize {
        self.1.len()
    }
}

impl RawChannels for Flume {
    type Sender<T: Send + Unpin + 'static> = flume::Sender<T>;
    type Receiver<T: Send + Unpin + 'static> = flume::Receiver<T>;

    fn bounded<T: Send + Unpin + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        flume::bounded(capacity)
    }

    fn unbounded<T: Send + Unpin + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
        flume::unbounded()
    }
}

impl<T: Send + Unpin + 'static> RawSender<T> for flume::Sender<T> {
    fn send(&self, value: T) -> impl Future<Output = bool> + Send {
        mapped(self.send_async(value), |sent| sent.is_ok())
    }
}

impl<T: Send + Unpin + 'static> RawReceiver<T> for flume::Receiver<T> {
    fn recv(&self) -> impl Future<Output = Option<T>> + Send {
        mapped(self.recv_async(), Result::ok)
    }
}
