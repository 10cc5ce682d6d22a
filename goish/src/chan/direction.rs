//! Channels of one direction: Go's `chan<- T` and `<-chan T`.

use std::fmt;
use std::marker;

use goish_engines::{DefaultEngine, Engine, TryRecvError, TrySendError};

use super::{Chan, Recv, Send};
use crate::types::int;
use crate::zero::Zero;

/// A channel to send on: Go's `chan<- T`. Receiving from it is a compile error.
///
/// It is a handle to the channel that it was made of, by [`Chan::Sender`] or `into()`: what is said
/// there of an operation holds here.
///
/// ```
/// use goish::prelude::*;
///
/// fn ping(pings: SendChan<string>, text: &str) {
///     pings.Send(text.into());
/// }
///
/// fn pong(pings: RecvChan<string>, pongs: SendChan<string>) {
///     pongs.Send(pings.RecvOk().0);
/// }
///
/// let (pings, pongs) = (chan!(string, 1), chan!(string, 1));
/// ping(pings.Sender(), "passed message");
/// pong(pings.Receiver(), pongs.Sender());
/// assert_eq!(pongs.RecvOk().0, "passed message");
/// ```
///
/// ```compile_fail
/// # use goish::prelude::*;
/// chan!(int).Sender().RecvOk();
/// ```
pub struct SendChan<T: marker::Send, E: Engine = DefaultEngine>(Chan<T, E>);

/// A channel to receive from: Go's `<-chan T`. Sending on it and closing it are compile errors.
///
/// It is a handle to the channel that it was made of, by [`Chan::Receiver`] or `into()`: what is said
/// there of an operation holds here.
///
/// ```
/// use goish::prelude::*;
///
/// fn generate(n: int) -> RecvChan<int> {
///     let c = chan!(int);
///     let out = c.Sender();
///     go! {
///         for i in 0..n {
///             out.Send(i);
///         }
///         close!(out);
///     };
///     c.into()
/// }
///
/// let mut sum = 0;
/// for i in range!(generate(5)) {
///     sum += i;
/// }
/// assert_eq!(sum, 10);
/// ```
///
/// ```compile_fail
/// # use goish::prelude::*;
/// close!(chan!(int).Receiver());
/// ```
pub struct RecvChan<T: marker::Send, E: Engine = DefaultEngine>(Chan<T, E>);

impl<T: marker::Send, E: Engine> Chan<T, E> {
    /// This channel to send on: Go's conversion to `chan<- T`.
    pub fn Sender(&self) -> SendChan<T, E> {
        SendChan(self.clone())
    }

    /// This channel to receive from: Go's conversion to `<-chan T`.
    pub fn Receiver(&self) -> RecvChan<T, E> {
        RecvChan(self.clone())
    }
}

impl<T: marker::Send, E: Engine> SendChan<T, E> {
    /// The channel, of both directions.
    #[inline]
    pub(crate) fn chan(&self) -> &Chan<T, E> {
        &self.0
    }

    /// As [`Chan::Send`].
    ///
    /// # Panics
    ///
    /// With `send on closed channel`, if it is closed, or is closed while this waits.
    #[track_caller]
    pub fn Send(&self, value: T) {
        self.0.Send(value);
    }

    /// As [`Chan::TrySend`].
    ///
    /// # Panics
    ///
    /// With `send on closed channel`, if it is closed.
    #[track_caller]
    pub fn TrySend(&self, value: T) -> bool {
        self.0.TrySend(value)
    }

    /// As [`Chan::Close`].
    ///
    /// # Panics
    ///
    /// With `close of closed channel` or `close of nil channel`; and when the engine cannot close.
    #[track_caller]
    pub fn Close(&self) {
        self.0.Close();
    }

    /// As [`Chan::send`].
    ///
    /// Cancel safety: dropping it before it completes withdraws the value.
    ///
    /// # Errors
    ///
    /// [`SendError`](goish_engines::SendError) with the value, if the channel is closed.
    pub fn send(&self, value: T) -> Send<'_, T, E> {
        self.0.send(value)
    }

    /// As [`Chan::try_send`].
    ///
    /// # Errors
    ///
    /// [`TrySendError`] with the value, if there is no room or the channel is closed.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(value)
    }
}

impl<T: marker::Send, E: Engine> RecvChan<T, E> {
    /// The channel, of both directions.
    #[inline]
    pub(crate) fn chan(&self) -> &Chan<T, E> {
        &self.0
    }

    /// As [`Chan::Recv`].
    #[track_caller]
    pub fn Recv(&self) -> (T, bool)
    where
        T: Zero,
    {
        self.0.Recv()
    }

    /// As [`Chan::RecvOk`].
    #[track_caller]
    pub fn RecvOk(&self) -> (T, bool)
    where
        T: Zero,
    {
        self.0.RecvOk()
    }

    /// As [`Chan::TryRecv`].
    pub fn TryRecv(&self) -> (T, bool)
    where
        T: Zero,
    {
        self.0.TryRecv()
    }

    /// As [`Chan::recv`].
    ///
    /// Cancel safety: dropping it before it completes loses no value.
    pub fn recv(&self) -> Recv<'_, T, E> {
        self.0.recv()
    }

    /// As [`Chan::try_recv`].
    ///
    /// # Errors
    ///
    /// [`TryRecvError`], if there is nothing to receive, or never will be.
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }
}

/// What a channel of either direction has.
macro_rules! of_both {
    ($($name:ident)*) => {$(
        impl<T: marker::Send, E: Engine> $name<T, E> {
            /// The nil channel of this direction: what is to be done with it blocks for ever.
            pub const fn nil() -> Self {
                Self(Chan::nil())
            }

            /// As [`Chan::Len`].
            pub fn Len(&self) -> int {
                self.0.Len()
            }

            /// As [`Chan::Cap`].
            pub fn Cap(&self) -> int {
                self.0.Cap()
            }

            /// Whether this is the nil channel.
            pub fn IsNil(&self) -> bool {
                self.0.IsNil()
            }

            /// Whether this is the nil channel.
            pub fn is_nil(&self) -> bool {
                self.0.IsNil()
            }
        }

        impl<T: marker::Send, E: Engine> From<Chan<T, E>> for $name<T, E> {
            fn from(chan: Chan<T, E>) -> Self {
                Self(chan)
            }
        }

        impl<T: marker::Send, E: Engine> From<&Chan<T, E>> for $name<T, E> {
            fn from(chan: &Chan<T, E>) -> Self {
                Self(chan.clone())
            }
        }

        impl<T: marker::Send, E: Engine> Clone for $name<T, E> {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl<T: marker::Send, E: Engine> Default for $name<T, E> {
            fn default() -> Self {
                Self::nil()
            }
        }

        impl<T: marker::Send, E: Engine> PartialEq for $name<T, E> {
            fn eq(&self, other: &Self) -> bool {
                self.0 == other.0
            }
        }

        impl<T: marker::Send, E: Engine> Eq for $name<T, E> {}

        impl<T: marker::Send, E: Engine> PartialEq<Chan<T, E>> for $name<T, E> {
            fn eq(&self, other: &Chan<T, E>) -> bool {
                self.0 == *other
            }
        }

        impl<T: marker::Send, E: Engine> PartialEq<$name<T, E>> for Chan<T, E> {
            fn eq(&self, other: &$name<T, E>) -> bool {
                *self == other.0
            }
        }

        impl<T: marker::Send, E: Engine> fmt::Debug for $name<T, E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

of_both! { SendChan RecvChan }
