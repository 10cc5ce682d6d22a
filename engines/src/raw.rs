//! An engine's own API, unadorned, for `raw` measurements.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

/// How to make a crate's own channels.
pub trait RawChannels: Copy + Send + Sync + 'static {
    /// The crate's own sending half.
    type Sender<T: Send + Unpin + 'static>: RawSender<T>;
    /// The crate's own receiving half.
    type Receiver<T: Send + Unpin + 'static>: RawReceiver<T>;

    /// The crate's own bounded channel. An engine whose crate has no capacity 0 makes a channel
    /// of capacity 1 in its place, and its `Capabilities::raw_rendezvous` says so.
    fn bounded<T: Send + Unpin + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>);

    /// The crate's own unbounded channel.
    fn unbounded<T: Send + Unpin + 'static>() -> (Self::Sender<T>, Self::Receiver<T>);
}

/// A crate's own sending half.
pub trait RawSender<T>: Clone + Send + Sync + Sized + 'static {
    /// Sends, waiting for room; `false` when there is nobody to receive any more.
    fn send(&self, value: T) -> impl Future<Output = bool> + Send;

    /// Ends the channel in the crate's own way, which for most is to drop the last sender: so this
    /// must be the last.
    fn end(self) {
        drop(self);
    }
}

/// A crate's own receiving half.
pub trait RawReceiver<T>: Clone + Send + Sync + 'static {
    /// Receives, waiting for a value; `None` once the channel is empty and every sender is gone.
    fn recv(&self) -> impl Future<Output = Option<T>> + Send;
}

pin_project! {
    /// A crate's own future with another output. An `async` block would hold the future twice, and
    /// what a parked task holds is measured.
    pub(crate) struct Mapped<F, M> {
        #[pin]
        future: F,
        map: M,
    }
}

/// Changes a future's output, and adds nothing to its size.
#[allow(
    dead_code,
    reason = "whether it is used depends on the engines that are built"
)]
pub(crate) fn mapped<F: Future, M: Fn(F::Output) -> O, O>(future: F, map: M) -> Mapped<F, M> {
    Mapped { future, map }
}

impl<F: Future, M: Fn(F::Output) -> O, O> Future for Mapped<F, M> {
    type Output = O;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<O> {
        let this = self.project();
        this.future.poll(context).map(this.map)
    }
}
