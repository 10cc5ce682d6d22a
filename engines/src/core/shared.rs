//! The handle: an `Arc` of a core, as a [`Channel`].

use super::sync::Arc;
use super::{Buffer, Core, Recv, Send};
use crate::channel::{Channel, CloseError, Operations, TryRecvError, TrySendError};

/// A handle to a [`Core`]; clones are handles to the same channel.
pub struct Shared<T, B>(Arc<Core<T, B>>);

impl<T, B> Clone for Shared<T, B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<'a, T, B> Operations<'a, T> for Shared<T, B>
where
    T: std::marker::Send,
    B: Buffer<T>,
{
    type Send = Send<'a, T, B>;
    type Recv = Recv<'a, T, B>;
    type SendArm = Send<'a, T, B>;
    type RecvArm = Recv<'a, T, B>;

    fn make_send(&'a self, value: T) -> Self::Send {
        Send::new(&self.0, value)
    }

    fn make_recv(&'a self) -> Self::Recv {
        Recv::new(&self.0)
    }

    fn make_send_arm(&'a self, value: T) -> Self::SendArm {
        Send::new(&self.0, value)
    }

    fn make_recv_arm(&'a self) -> Self::RecvArm {
        Recv::new(&self.0)
    }
}

impl<T, B> Channel<T> for Shared<T, B>
where
    T: std::marker::Send,
    B: Buffer<T>,
{
    fn bounded(capacity: usize) -> Self {
        Self(Arc::new(Core::new(B::bounded(capacity))))
    }

    fn unbounded() -> Self {
        Self(Arc::new(Core::new(B::unbounded())))
    }

    fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.0.try_send(value)
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        self.0.try_recv()
    }

    fn close(&self) -> Result<(), CloseError> {
        self.0.close()
    }

    fn len(&self) -> usize {
        self.0.locked(|state| state.buffer.len())
    }

    fn capacity(&self) -> Option<usize> {
        self.0.locked(|state| state.buffer.capacity())
    }

    fn is_closed(&self) -> bool {
        self.0.locked(|state| state.closed)
    }

    fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
