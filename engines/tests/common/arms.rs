//! A select's arms, held by the dozen, and their counterparts.

use std::future::Future;
use std::pin::Pin;

use goish_engines::{Arm, Case, Channel, Operations, SendError};

use super::{Element, poll};

/// The capacities: a rendezvous, a buffer, and one without a limit.
pub(crate) const CAPACITIES: [Option<usize>; 3] = [Some(0), Some(1), None];

pub(crate) fn channel<V: Element, C: Channel<V>>(capacity: Option<usize>) -> C {
    capacity.map_or_else(C::unbounded, C::bounded)
}

/// One arm, made and borrowed as a select's user does.
pub(crate) enum Held<'a, V: Element, C: Channel<V>> {
    Send(Pin<Box<<C as Operations<'a, V>>::SendArm>>),
    Receive(Pin<Box<<C as Operations<'a, V>>::RecvArm>>),
    Nil,
}

/// What an arm came back with: the value that it received, or could not send.
#[derive(Debug)]
pub(crate) enum Outcome<V> {
    Sent,
    Unsent(V),
    Received(V),
    Closed,
}

impl<'a, V: Element, C: Channel<V>> Held<'a, V, C> {
    pub(crate) fn case(&mut self) -> Case<'_> {
        match self {
            Held::Send(arm) => Some(arm.as_mut()),
            Held::Receive(arm) => Some(arm.as_mut()),
            Held::Nil => None,
        }
    }

    pub(crate) fn take(&mut self) -> Option<Outcome<V>> {
        match self {
            Held::Send(arm) => arm.as_mut().take().map(|sent| match sent {
                Ok(()) => Outcome::Sent,
                Err(SendError(value)) => Outcome::Unsent(value),
            }),
            Held::Receive(arm) => {
                let received = arm.as_mut().take();
                received.map(|value| value.map_or(Outcome::Closed, Outcome::Received))
            }
            Held::Nil => None,
        }
    }
}

/// Somebody else's operation, parked on a channel: comes back with what it received or could not
/// send.
pub(crate) type Parked<'a, V> = Pin<Box<dyn Future<Output = Option<V>> + 'a>>;

pub(crate) fn park_receive<'a, V: Element, C: Channel<V>>(channel: &'a C) -> Parked<'a, V> {
    parked(Box::pin(channel.recv()))
}

pub(crate) fn park_send<'a, V: Element, C: Channel<V>>(channel: &'a C, value: V) -> Parked<'a, V> {
    let sending = channel.send(value);
    parked(Box::pin(
        async move { sending.await.err().map(|error| error.0) },
    ))
}

fn parked<V>(mut operation: Parked<'_, V>) -> Parked<'_, V> {
    assert!(poll(operation.as_mut()).is_pending());
    operation
}
