//! What an operation comes back with, and its last step, which runs on the user's line: so that a
//! panic names it.

use goish_engines::{SendError, TryRecvError, TrySendError};

use crate::chan::{check_sent, check_tried, or_zero};
use crate::zero::Zero;

/// Of an operation that only completes.
pub struct Finished<O>(pub O);

impl<O> Finished<O> {
    #[inline(always)]
    pub fn finish(self) -> O {
        self.0
    }
}

/// Of a send.
pub struct Sent<T>(pub Result<(), SendError<T>>);

impl<T> Sent<T> {
    #[track_caller]
    pub fn finish(self) {
        check_sent(self.0);
    }
}

/// Of a send that does not wait.
pub struct Tried<T>(pub Result<(), TrySendError<T>>);

impl<T> Tried<T> {
    #[track_caller]
    pub fn finish(self) -> bool {
        check_tried(self.0)
    }
}

/// Of a receive.
pub struct Received<T>(pub Option<T>);

impl<T> Received<T> {
    pub fn finish(self) -> (T, bool)
    where
        T: Zero,
    {
        or_zero(self.0)
    }
}

/// Of a receive that does not wait.
pub struct TriedReceive<T>(pub Result<T, TryRecvError>);

impl<T> TriedReceive<T> {
    pub fn finish(self) -> (T, bool)
    where
        T: Zero,
    {
        or_zero(self.0.ok())
    }
}

/// Of a receive whose value nobody looks at.
pub struct Unseen<T>(pub Option<T>);

impl<T> Unseen<T> {
    pub fn finish(self) -> bool {
        self.0.is_some()
    }
}
