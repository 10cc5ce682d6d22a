//! An engine's own API, unadorned, for `raw` measurements.

use std::future::Future;

/// The channel has no receivers (for a sender) any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

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
    /// Sends, waiting for room.
    fn send(&self, value: T) -> impl Future<Output = Result<(), Closed>> + Send;

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
