//! What goish asks of an engine: channels that keep Go's rules.

use std::fmt::Debug;
use std::future::Future;

use crate::capabilities::Info;
use crate::raw::RawChannels;
use crate::select::Arm;

/// A channel engine.
pub trait Engine: Copy + Default + Debug + Send + Sync + 'static {
    /// Its name, its package and its capabilities.
    const INFO: Info;
    /// Its channels under Go's rules.
    type Channel<T: Send>: Channel<T>;
    /// Its own channels, unadorned.
    type Raw: RawChannels;
}

/// The pending operations of a channel that is borrowed for `'a`.
///
/// They stand apart from [`Channel`], with a lifetime that is a parameter of the trait, so that no
/// bound like `Self: 'a` or `T: 'static` has to be proved of them: where the compiler asks whether
/// a goroutine may move to another thread it has forgotten the lifetimes, and could not. A
/// `Chan<&'static str>` depends on it. `_Borrow` is what tells an implementation that `Self: 'a`.
pub trait Operations<'a, T, _Borrow = &'a Self> {
    /// A pending send. Dropping it before it completes withdraws the value.
    type Send: Future<Output = Result<(), SendError<T>>> + Send;
    /// A pending receive; `None` means closed and drained. Dropping it loses no value.
    type Recv: Future<Output = Option<T>> + Send;
    /// A send as a case of a select.
    type SendArm: Arm<Output = Result<(), SendError<T>>>;
    /// A receive as a case of a select.
    type RecvArm: Arm<Output = Option<T>>;

    /// What [`Channel::send`] gives.
    fn make_send(&'a self, value: T) -> Self::Send;
    /// What [`Channel::recv`] gives.
    fn make_recv(&'a self) -> Self::Recv;
    /// What [`Channel::send_arm`] gives.
    fn make_send_arm(&'a self, value: T) -> Self::SendArm;
    /// What [`Channel::recv_arm`] gives.
    fn make_recv_arm(&'a self) -> Self::RecvArm;
}

/// A channel under Go's rules. Clones are handles to the same channel.
pub trait Channel<T: Send>: Clone + Send + Sync + for<'a> Operations<'a, T> {
    /// A channel that holds `capacity` values; 0 is a rendezvous.
    fn bounded(capacity: usize) -> Self;
    /// A channel without a limit.
    fn unbounded() -> Self;

    /// Sends, waiting for room or, on a rendezvous, for a receiver. Now and then it suspends once
    /// although it need not wait, so that other senders get their turn; a receive likewise.
    fn send(&self, value: T) -> <Self as Operations<'_, T>>::Send {
        self.make_send(value)
    }
    /// Receives, waiting for a value or for close.
    fn recv(&self) -> <Self as Operations<'_, T>>::Recv {
        self.make_recv()
    }
    /// Sends if that is possible at once.
    fn try_send(&self, value: T) -> Result<(), TrySendError<T>>;
    /// Receives if that is possible at once.
    fn try_recv(&self) -> Result<T, TryRecvError>;
    /// Closes: every parked receiver (after the buffer drains) and every parked sender wakes.
    /// No send succeeds that starts after this returns.
    fn close(&self) -> Result<(), CloseError>;

    /// A send as a case of a select.
    fn send_arm(&self, value: T) -> <Self as Operations<'_, T>>::SendArm {
        self.make_send_arm(value)
    }
    /// A receive as a case of a select.
    fn recv_arm(&self) -> <Self as Operations<'_, T>>::RecvArm {
        self.make_recv_arm()
    }

    /// Values buffered now.
    fn len(&self) -> usize;
    /// Whether no value is buffered now.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The capacity, `None` when unbounded.
    fn capacity(&self) -> Option<usize>;
    /// Whether it has been closed.
    fn is_closed(&self) -> bool;
    /// Whether both are handles to one channel.
    fn same_channel(&self, other: &Self) -> bool;
}

/// Send on a closed channel; the value comes back.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("send on closed channel")]
pub struct SendError<T>(pub T);

/// Why a send was not possible at once; the value comes back.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TrySendError<T> {
    /// The buffer is full, or no receiver waits.
    #[error("channel is full")]
    Full(T),
    /// The channel is closed.
    #[error("send on closed channel")]
    Closed(T),
}

/// Why a receive was not possible at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TryRecvError {
    /// Nothing is buffered and no sender waits.
    #[error("channel is empty")]
    Empty,
    /// The channel is closed and drained.
    #[error("channel is closed and drained")]
    Closed,
}

/// Close of a channel that is closed already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("close of closed channel")]
pub struct CloseError;

impl<T> Debug for SendError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SendError(..)")
    }
}

impl<T> Debug for TrySendError<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "Full(..)",
            TrySendError::Closed(_) => "Closed(..)",
        })
    }
}
