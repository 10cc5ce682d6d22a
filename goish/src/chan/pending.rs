//! Pending sends and receives.

use std::fmt;
use std::future::Future;
use std::marker;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use goish_engines::{Channel, DefaultEngine, Engine, Operations, SendError};
use pin_project_lite::pin_project;

use super::{Chan, Timed};
use crate::coop::Coop;

pin_project! {
    /// The future of [`Chan::send`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Send<'a, T, E = DefaultEngine>
    where
        T: marker::Send,
        E: Engine,
    {
        // Nothing for nil, which never completes.
        #[pin]
        pending: Option<Coop<<E::Channel<T> as Operations<'a, T>>::Send>>,
    }
}

impl<'a, T: marker::Send, E: Engine> Send<'a, T, E> {
    pub(super) fn new(chan: &'a Chan<T, E>, value: T) -> Self {
        let pending = chan.channel().map(|channel| Coop::new(channel.send(value)));
        Self { pending }
    }
}

impl<T: marker::Send, E: Engine> Future for Send<'_, T, E> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().pending.as_pin_mut() {
            Some(pending) => pending.poll(context),
            None => Poll::Pending,
        }
    }
}

pin_project! {
    /// The future of [`Chan::recv`].
    #[must_use = "futures do nothing unless polled"]
    pub struct Recv<'a, T, E = DefaultEngine>
    where
        T: marker::Send,
        E: Engine,
    {
        #[pin]
        pending: Receiving<'a, T, E>,
    }
}

pin_project! {
    #[project = Projected]
    enum Receiving<'a, T, E>
    where
        T: marker::Send,
        E: Engine,
    {
        Plain {
            #[pin]
            receive: Coop<<E::Channel<T> as Operations<'a, T>>::Recv>,
        },
        // From a timer; or nothing for nil, which never completes. In a box, and one variant for
        // both, so that no other receive is larger for it.
        Rare {
            receive: Option<Pin<Box<FromTimer<'a, T, E>>>>,
        },
    }
}

pin_project! {
    /// A receive from a timer's channel.
    struct FromTimer<'a, T, E>
    where
        T: marker::Send,
        E: Engine,
    {
        #[pin]
        receive: Coop<<E::Channel<T> as Operations<'a, T>>::Recv>,
        timed: &'a Arc<Timed<T, E>>,
    }
}

impl<T: marker::Send, E: Engine> Future for FromTimer<'_, T, E> {
    type Output = Option<T>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.timed.look();
        let polled = this.receive.poll(context);
        if polled.is_pending() {
            this.timed.attend();
        }
        polled
    }
}

impl<'a, T: marker::Send, E: Engine> Recv<'a, T, E> {
    pub(super) fn new(chan: &'a Chan<T, E>) -> Self {
        let pending = match (chan.channel(), chan.timed()) {
            (None, _) => Receiving::Rare { receive: None },
            (Some(channel), None) => Receiving::Plain {
                receive: Coop::new(channel.recv()),
            },
            (Some(channel), Some(timed)) => Receiving::Rare {
                receive: Some(Box::pin(FromTimer {
                    receive: Coop::new(channel.recv()),
                    timed,
                })),
            },
        };
        Self { pending }
    }
}

impl<T: marker::Send, E: Engine> Future for Recv<'_, T, E> {
    type Output = Option<T>;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().pending.project() {
            Projected::Plain { receive } => receive.poll(context),
            Projected::Rare { receive } => match receive {
                Some(receive) => receive.as_mut().poll(context),
                None => Poll::Pending,
            },
        }
    }
}

impl<T: marker::Send, E: Engine> fmt::Debug for Send<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Send(..)")
    }
}

impl<T: marker::Send, E: Engine> fmt::Debug for Recv<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recv(..)")
    }
}
