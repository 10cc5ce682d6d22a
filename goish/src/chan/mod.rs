//! Channels.

use std::fmt;
use std::sync::Arc;

use goish_engines::{
    Channel, DefaultEngine, Engine, SendError, Support, TryRecvError, TrySendError,
};

use crate::types::int;
use crate::zero::Zero;
use crate::{block, coop};

mod direction;
mod pending;
mod timed;

pub use direction::{RecvChan, SendChan};
pub use pending::{Recv, Send};
pub(crate) use timed::Timed;

/// A channel. Clones are handles to the same channel, as Go's channel values are; two handles are
/// equal when they are to the same channel. The default is the nil channel.
///
/// Go's names do what Go does: they wait in the body of `go!` by suspending the goroutine, and
/// elsewhere by blocking; they panic with Go's words. Rust's names (`send`, `recv`, `try_send`,
/// `try_recv`) are for async code and give a `Result` or an `Option`.
pub struct Chan<T: std::marker::Send, E: Engine = DefaultEngine>(Kind<T, E>);

/// What a handle is a handle to.
enum Kind<T: std::marker::Send, E: Engine> {
    Nil,
    /// The engine's own channel.
    Plain(E::Channel<T>),
    /// A timer's.
    Timer(Arc<Timed<T, E>>),
}

impl<T: std::marker::Send, E: Engine> Chan<T, E> {
    /// A channel that buffers `capacity` values; with 0, a send waits for its receiver.
    ///
    /// # Panics
    ///
    /// When the capacity is negative or does not fit into the address space, or when the engine
    /// has no such channels.
    #[track_caller]
    pub fn new(capacity: int) -> Self {
        let Ok(capacity) = usize::try_from(capacity) else {
            panic!("makechan: a channel's capacity is 0 or more, and {capacity} is not");
        };
        let capabilities = E::INFO.capabilities;
        if capacity == 0 {
            offered::<E>(capabilities.rendezvous, "a channel of capacity 0");
        } else {
            offered::<E>(capabilities.buffered, "a channel with a buffer");
        }
        Self::from_channel(<E::Channel<T>>::bounded(capacity))
    }

    /// A channel without a limit: a send never waits.
    ///
    /// # Panics
    ///
    /// When the engine has no such channels.
    #[track_caller]
    pub fn unbounded() -> Self {
        offered::<E>(E::INFO.capabilities.unbounded, "a channel without a limit");
        Self::from_channel(<E::Channel<T>>::unbounded())
    }

    /// The nil channel: sends and receives block for ever, and it is never ready in `select!`.
    pub const fn nil() -> Self {
        Self(Kind::Nil)
    }

    fn from_channel(channel: E::Channel<T>) -> Self {
        Self(Kind::Plain(channel))
    }

    pub(crate) fn of_timer(timed: Arc<Timed<T, E>>) -> Self {
        Self(Kind::Timer(timed))
    }

    /// The engine's own channel, unless this is nil; a timer's is behind the [`Timed`].
    #[inline]
    pub(crate) fn channel(&self) -> Option<&E::Channel<T>> {
        match &self.0 {
            Kind::Plain(channel) => Some(channel),
            Kind::Nil => None,
            Kind::Timer(timed) => Some(timed.channel()),
        }
    }

    /// The timer, if this is a timer's channel. To be looked at before a receive, and attended when
    /// the receive has parked.
    #[inline]
    pub(crate) fn timed(&self) -> Option<&Arc<Timed<T, E>>> {
        match &self.0 {
            Kind::Timer(timed) => Some(timed),
            _ => None,
        }
    }

    /// Sends a value; waits for room, or on a channel of capacity 0 for a receiver to have it.
    ///
    /// # Panics
    ///
    /// With `send on closed channel`, if it is closed, or is closed while this waits.
    #[track_caller]
    pub fn Send(&self, value: T) {
        let Some(channel) = self.channel() else {
            block::forever();
        };
        let sent = match channel.try_send(value) {
            Ok(()) => {
                coop::did_not_block();
                Ok(())
            }
            Err(TrySendError::Closed(value)) => Err(SendError(value)),
            Err(TrySendError::Full(value)) => block::park(channel.send(value)),
        };
        check_sent(sent);
    }

    /// Receives a value and `true`; or, once the channel is closed and drained, the zero value and
    /// `false`. Waits for one or the other.
    #[track_caller]
    pub fn Recv(&self) -> (T, bool)
    where
        T: Zero,
    {
        or_zero(self.receive())
    }

    /// Receives a value and whether there was one, as Go's `v, ok := <-c`: once the channel is closed
    /// and drained, the zero value and `false`. Waits for one or the other.
    ///
    /// ```
    /// use goish::prelude::*;
    ///
    /// let c = chan!(int, 1);
    /// c.Send(1);
    /// close!(c);
    /// assert_eq!(c.RecvOk(), (1, true));
    /// assert_eq!(c.RecvOk(), (0, false));
    /// ```
    #[track_caller]
    pub fn RecvOk(&self) -> (T, bool)
    where
        T: Zero,
    {
        or_zero(self.receive())
    }

    /// Receives a value; `None` once the channel is closed and drained. Blocks.
    #[track_caller]
    pub(crate) fn receive(&self) -> Option<T> {
        if self.is_nil() {
            block::forever();
        }
        match self.try_recv() {
            Ok(value) => {
                coop::did_not_block();
                Some(value)
            }
            Err(TryRecvError::Closed) => {
                coop::did_not_block();
                None
            }
            Err(TryRecvError::Empty) => match &self.0 {
                Kind::Plain(channel) => block::park(channel.recv()),
                _ => block::park(self.recv()),
            },
        }
    }

    /// Sends if that is possible at once, and says whether it was.
    ///
    /// # Panics
    ///
    /// With `send on closed channel`, if it is closed.
    #[track_caller]
    pub fn TrySend(&self, value: T) -> bool {
        let sent = self.try_send(value);
        coop::did_not_block();
        check_tried(sent)
    }

    /// Receives a value and `true` if that is possible at once. The zero value and `false` mean
    /// that nothing was there or that the channel is closed; [`Chan::try_recv`] says which.
    pub fn TryRecv(&self) -> (T, bool)
    where
        T: Zero,
    {
        let received = self.try_recv();
        coop::did_not_block();
        or_zero(received.ok())
    }

    /// Closes the channel. Receivers get what is buffered, then the zero value and `false`; every
    /// send panics, also one that waits.
    ///
    /// # Panics
    ///
    /// With `close of closed channel` or `close of nil channel`; and when the engine cannot close.
    #[track_caller]
    pub fn Close(&self) {
        offered::<E>(E::INFO.capabilities.close, "close");
        let Some(channel) = self.channel() else {
            panic!("close of nil channel");
        };
        if let Err(error) = channel.close() {
            panic!("{error}");
        }
    }

    /// The number of values in the buffer; 0 for a timer's channel, as in Go.
    pub fn Len(&self) -> int {
        match &self.0 {
            Kind::Plain(channel) => to_int(channel.len()),
            Kind::Nil | Kind::Timer(_) => 0,
        }
    }

    /// The number of values that fit into the buffer: 0 for nil and for a timer's channel, the largest
    /// `int` if there is no limit.
    pub fn Cap(&self) -> int {
        match &self.0 {
            Kind::Plain(channel) => channel.capacity().map_or(int::MAX, to_int),
            Kind::Nil | Kind::Timer(_) => 0,
        }
    }

    /// Whether this is the nil channel.
    pub fn IsNil(&self) -> bool {
        matches!(self.0, Kind::Nil)
    }

    /// Whether this is the nil channel.
    pub fn is_nil(&self) -> bool {
        self.IsNil()
    }

    /// Sends a value; waits for room, or on a channel of capacity 0 for a receiver to have it.
    ///
    /// Cancel safety: dropping it before it completes withdraws the value.
    ///
    /// # Errors
    ///
    /// [`SendError`] with the value, if the channel is closed.
    pub fn send(&self, value: T) -> Send<'_, T, E> {
        Send::new(self, value)
    }

    /// Receives a value; `None` once the channel is closed and drained.
    ///
    /// Cancel safety: dropping it before it completes loses no value.
    pub fn recv(&self) -> Recv<'_, T, E> {
        Recv::new(self)
    }

    /// Sends if that is possible at once.
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the value, if there is no room or the channel is closed.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        match self.channel() {
            Some(channel) => channel.try_send(value),
            None => Err(TrySendError::Full(value)),
        }
    }

    /// Receives if that is possible at once.
    ///
    /// # Errors
    ///
    /// [`TryRecvError`], if there is nothing to receive, or never will be.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        match &self.0 {
            Kind::Plain(channel) => channel.try_recv(),
            Kind::Nil => Err(TryRecvError::Empty),
            Kind::Timer(timed) => timed.try_recv(),
        }
    }
}

/// Go's panic for a send that found the channel closed.
#[track_caller]
pub(crate) fn check_sent<T>(sent: Result<(), SendError<T>>) {
    if let Err(error) = sent {
        panic!("{error}");
    }
}

/// The same for a try, which otherwise says whether it succeeded.
#[track_caller]
pub(crate) fn check_tried<T>(sent: Result<(), TrySendError<T>>) -> bool {
    match sent {
        Ok(()) => true,
        Err(TrySendError::Full(_)) => false,
        Err(error @ TrySendError::Closed(_)) => panic!("{error}"),
    }
}

/// Go's pair for what a receive came back with.
pub(crate) fn or_zero<T: Zero>(received: Option<T>) -> (T, bool) {
    match received {
        Some(value) => (value, true),
        None => (T::zero(), false),
    }
}

/// Refuses what an engine does not offer.
#[track_caller]
pub(crate) fn offered<E: Engine>(support: Support, operation: &str) {
    if let Support::Missing(reason) = support {
        let engine = E::INFO.name;
        panic!("the channel engine `{engine}` does not offer {operation}: {reason}");
    }
}

fn to_int(number: usize) -> int {
    int::try_from(number).unwrap_or(int::MAX)
}

impl<T: std::marker::Send, E: Engine> Clone for Chan<T, E> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Kind::Plain(channel) => Kind::Plain(channel.clone()),
            Kind::Nil => Kind::Nil,
            Kind::Timer(timed) => Kind::Timer(timed.clone()),
        })
    }
}

impl<T: std::marker::Send, E: Engine> Default for Chan<T, E> {
    fn default() -> Self {
        Self::nil()
    }
}

impl<T: std::marker::Send, E: Engine> PartialEq for Chan<T, E> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Kind::Nil, Kind::Nil) => true,
            (Kind::Plain(ours), Kind::Plain(theirs)) => ours.same_channel(theirs),
            (Kind::Timer(ours), Kind::Timer(theirs)) => Arc::ptr_eq(ours, theirs),
            _ => false,
        }
    }
}

impl<T: std::marker::Send, E: Engine> Eq for Chan<T, E> {}

impl<T: std::marker::Send, E: Engine> fmt::Debug for Chan<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_closed = match &self.0 {
            Kind::Nil => return f.write_str("Chan(nil)"),
            Kind::Plain(channel) => channel.is_closed(),
            Kind::Timer(timed) => timed.is_closed(),
        };
        f.debug_struct("Chan")
            .field("engine", &E::INFO.name)
            .field("len", &self.Len())
            .field("cap", &self.Cap())
            .field("closed", &is_closed)
            .finish()
    }
}
