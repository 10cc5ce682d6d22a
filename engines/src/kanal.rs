//! kanal 0.1: a queue and a list of waiting signals behind a lock that yields under contention.
//!
//! What the crate does not do, and what stands in for it: its close discards what is buffered; a
//! receive that is dropped after the hand-off loses the value; a waker that changes while a send
//! is parked is not the one that is woken; it has no select. So [`Kanal`]'s Go-rules channel is the
//! waiting core with a kanal channel as its buffer, and no task ever parks inside kanal.

use std::future::Future;

use crate::capabilities::{Capabilities, Info, Support};
use crate::channel::Engine;
use crate::core::{Backed, Queue, Shared};
use crate::raw::{RawChannels, RawReceiver, RawSender, mapped};

/// The kanal engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kanal;

impl Engine for Kanal {
    const INFO: Info = Info {
        name: "kanal",
        package: "kanal",
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
    type Channel<T: Send> = Shared<T, Backed<T, KanalQueue<T>>>;
    type Raw = Kanal;
}

/// Both ends of one of the crate's channels, as a queue.
pub struct KanalQueue<T>(kanal::AsyncSender<T>, kanal::AsyncReceiver<T>);

impl<T: Send> Queue<T> for KanalQueue<T> {
    fn bounded(capacity: usize) -> Self {
        let (sender, receiver) = kanal::bounded_async(capacity);
        Self(sender, receiver)
    }

    fn unbounded() -> Self {
        let (sender, receiver) = kanal::unbounded_async();
        Self(sender, receiver)
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }

    fn push(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        // An error would mean that one side is gone, and both are here.
        let _ = self.0.try_send_option(&mut value);
        value.map_or(Ok(()), Err)
    }

    fn pop(&self) -> Option<T> {
        self.1.try_recv().ok().flatten()
    }

    fn len(&self) -> usize {
        self.1.len()
    }
}

impl RawChannels for Kanal {
    type Sender<T: Send + Unpin + 'static> = kanal::AsyncSender<T>;
    type Receiver<T: Send + Unpin + 'static> = kanal::AsyncReceiver<T>;

    fn bounded<T: Send + Unpin + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        kanal::bounded_async(capacity)
    }

    fn unbounded<T: Send + Unpin + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
        kanal::unbounded_async()
    }
}

impl<T: Send + Unpin + 'static> RawSender<T> for kanal::AsyncSender<T> {
    fn send(&self, value: T) -> impl Future<Output = bool> + Send {
        mapped(self.send(value), |sent| sent.is_ok())
    }
}

impl<T: Send + Unpin + 'static> RawReceiver<T> for kanal::AsyncReceiver<T> {
    fn recv(&self) -> impl Future<Output = Option<T>> + Send {
        mapped(self.recv(), Result::ok)
    }
}
