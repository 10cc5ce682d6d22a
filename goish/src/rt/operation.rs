//! The operations of goish's types, as the body of `go!` runs them.

use std::marker;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use goish_engines::Engine;
use pin_project_lite::pin_project;

use super::outcome::{Finished, Received, Sent, Tried, TriedReceive};
use super::probe::{Do, Lock, RLock, Recv, RecvOk, Send, Target, TryRecv, TrySend, Wait, WaitWith};
use crate::chan::{Chan, RecvChan, SendChan};
use crate::goroutine::Goroutine;
use crate::sync::{
    Cond, Mutex, MutexGuard, Once, RWMutex, RWMutexReadGuard, RWMutexWriteGuard, WaitGroup,
};
use crate::zero::Zero;
use crate::{chan, coop, goroutine, sync};

/// A receiver whose operation can be run.
pub struct Operation<'a, M, R: ?Sized> {
    pub(super) receiver: &'a R,
    pub(super) name: marker::PhantomData<M>,
}

impl<M, R: ?Sized> Operation<'_, M, R> {
    pub fn is_plain(&self) -> bool {
        false
    }
}

macro_rules! target {
    ([$($generics:tt)*] $receiver:ty: $name:ident) => {
        impl<$($generics)*> Target<$name> for $receiver {
            type Operation<'a>
                = Operation<'a, $name, Self>
            where
                Self: 'a;
            fn operation(&self) -> Self::Operation<'_> {
                Operation {
                    receiver: self,
                    name: ::std::marker::PhantomData,
                }
            }
        }
    };
}

pub(super) use target;

target! { [T: marker::Send, E: Engine] Chan<T, E>: Send }
target! { [T: marker::Send, E: Engine] Chan<T, E>: TrySend }
target! { [T: marker::Send + Zero, E: Engine] Chan<T, E>: Recv }
target! { [T: marker::Send + Zero, E: Engine] Chan<T, E>: RecvOk }
target! { [T: marker::Send + Zero, E: Engine] Chan<T, E>: TryRecv }
target! { [R: marker::Send + 'static] Goroutine<R>: Wait }
target! { [] WaitGroup: Wait }
target! { [T: ?Sized] Mutex<T>: Lock }
target! { [T: ?Sized] RWMutex<T>: Lock }
target! { [T: ?Sized] RWMutex<T>: RLock }
target! { [] Cond: WaitWith }
target! { [] Once: Do }

/// An operation of a channel of one direction is that of the channel.
macro_rules! of_the_channel {
    ([$($generics:tt)*] $receiver:ty: $name:ident) => {
        impl<$($generics)*> Target<$name> for $receiver {
            type Operation<'a>
                = Operation<'a, $name, Chan<T, E>>
            where
                Self: 'a;
            fn operation(&self) -> Self::Operation<'_> {
                Target::<$name>::operation(self.chan())
            }
        }
    };
}

of_the_channel! { [T: marker::Send, E: Engine] SendChan<T, E>: Send }
of_the_channel! { [T: marker::Send, E: Engine] SendChan<T, E>: TrySend }
of_the_channel! { [T: marker::Send + Zero, E: Engine] RecvChan<T, E>: Recv }
of_the_channel! { [T: marker::Send + Zero, E: Engine] RecvChan<T, E>: RecvOk }
of_the_channel! { [T: marker::Send + Zero, E: Engine] RecvChan<T, E>: TryRecv }

pin_project! {
    /// A pending operation, with the outcome that the macros' code takes.
    pub struct Pending<F> {
        #[pin]
        future: F,
    }
}

macro_rules! pending {
    ([$($generics:tt)*] $future:ty => $outcome:ident<$of:ty>) => {
        impl<$($generics)*> Future for Pending<$future> {
            type Output = $outcome<$of>;

            #[inline]
            fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
                Poll::Ready($outcome(ready!(self.project().future.poll(context))))
            }
        }
    };
}

pending! { [T: marker::Send, E: Engine] chan::Send<'_, T, E> => Sent<T> }
pending! { [T: marker::Send, E: Engine] chan::Recv<'_, T, E> => Received<T> }
pending! { [R: marker::Send + 'static] goroutine::Waiting<R> => Finished<Result<R, goroutine::Panicked>> }
pending! { ['a, T: ?Sized] sync::Locking<'a, T> => Finished<MutexGuard<'a, T>> }
pending! { ['a, T: ?Sized] sync::Writing<'a, T> => Finished<RWMutexWriteGuard<'a, T>> }
pending! { ['a, T: ?Sized] sync::Reading<'a, T> => Finished<RWMutexReadGuard<'a, T>> }

impl<'a, T: marker::Send, E: Engine> Operation<'a, Send, Chan<T, E>> {
    pub fn run(self, value: T) -> Pending<chan::Send<'a, T, E>> {
        Pending {
            future: self.receiver.send(value),
        }
    }
}

impl<'a, T: marker::Send, E: Engine> Operation<'a, Recv, Chan<T, E>> {
    pub fn run(self, (): ()) -> Pending<chan::Recv<'a, T, E>> {
        Pending {
            future: self.receiver.recv(),
        }
    }
}

impl<'a, T: marker::Send, E: Engine> Operation<'a, RecvOk, Chan<T, E>> {
    pub fn run(self, (): ()) -> Pending<chan::Recv<'a, T, E>> {
        Pending {
            future: self.receiver.recv(),
        }
    }
}

impl<T: marker::Send, E: Engine> Operation<'_, TrySend, Chan<T, E>> {
    pub async fn run(self, value: T) -> Tried<T> {
        coop::proceed().await;
        Tried(self.receiver.try_send(value))
    }
}

impl<T: marker::Send, E: Engine> Operation<'_, TryRecv, Chan<T, E>> {
    pub async fn run(self, (): ()) -> TriedReceive<T> {
        coop::proceed().await;
        TriedReceive(self.receiver.try_recv())
    }
}

impl<R: marker::Send + 'static> Operation<'_, Wait, Goroutine<R>> {
    pub fn run(self, (): ()) -> Pending<goroutine::Waiting<R>> {
        Pending {
            future: self.receiver.take(),
        }
    }
}

impl Operation<'_, Wait, WaitGroup> {
    pub async fn run(self, (): ()) -> Finished<()> {
        self.receiver.wait().await;
        Finished(())
    }
}

impl<'a, T: ?Sized> Operation<'a, Lock, Mutex<T>> {
    pub fn run(self, (): ()) -> Pending<sync::Locking<'a, T>> {
        Pending {
            future: self.receiver.lock(),
        }
    }
}

impl<'a, T: ?Sized> Operation<'a, Lock, RWMutex<T>> {
    pub fn run(self, (): ()) -> Pending<sync::Writing<'a, T>> {
        Pending {
            future: self.receiver.lock(),
        }
    }
}

impl<'a, T: ?Sized> Operation<'a, RLock, RWMutex<T>> {
    pub fn run(self, (): ()) -> Pending<sync::Reading<'a, T>> {
        Pending {
            future: self.receiver.read(),
        }
    }
}

impl Operation<'_, WaitWith, Cond> {
    pub async fn run<'a, T: ?Sized>(self, guard: MutexGuard<'a, T>) -> Finished<MutexGuard<'a, T>> {
        Finished(self.receiver.wait(guard).await)
    }
}

impl Operation<'_, Do, Once> {
    pub async fn run(self, f: impl FnOnce()) -> Finished<()> {
        self.receiver.run(f).await;
        Finished(())
    }
}
