//! A goroutine's handle.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll, Waker};

use super::state::Snapshot;
use super::waker::{from_word, into_word, is_same_goroutine};
use super::{Header, Task};

/// A goroutine's handle: a future of its output. Dropped, it lets the goroutine run on.
pub(crate) struct Join<T> {
    /// The cell, whose HANDLE flag this is, or [`Join::EMPTY`] once the output has been handed out.
    task: Task,
    output: PhantomData<T>,
}

// SAFETY: what a handle does to its cell it does by the state word, which is shared by threads
// anyway, and what it takes out is a `T`, and a waker, which is `Send`.
unsafe impl<T: Send> Send for Join<T> {}
// SAFETY: a shared handle only looks whether the goroutine has ended.
unsafe impl<T: Send> Sync for Join<T> {}

/// The output is not in the handle.
impl<T> Unpin for Join<T> {}

impl<T> Join<T> {
    /// No cell is at this address, which is not aligned to 16.
    const EMPTY: Task = Task(NonNull::<Header>::dangling());

    /// # Safety
    ///
    /// The cell's HANDLE flag is the caller's to give, and its output is a `T`.
    #[inline]
    pub(super) unsafe fn new(task: Task) -> Self {
        Self {
            task,
            output: PhantomData,
        }
    }

    /// Whether the goroutine has ended. A poll is `Ready` then, and does not wait.
    pub(crate) fn is_ended(&self) -> bool {
        // SAFETY: not empty, so the cell has its handle, and is alive (I5).
        self.is_empty() || unsafe { self.task.state() }.look().is_done()
    }

    #[inline]
    fn is_empty(&self) -> bool {
        self.task == Self::EMPTY
    }

    /// Sees to it that the end wakes `waker`, unless the goroutine has ended.
    fn wait(&self, seen: Snapshot, waker: &Waker) -> Result<(), Snapshot> {
        // SAFETY: `poll` has found a handle that is not empty, so the cell is alive (I5).
        let (state, awaiter) = unsafe { (self.task.state(), self.task.awaiter()) };
        let (seen, waker) = if seen.has_awaiter() {
            let word = awaiter.load(Relaxed);
            // If the end takes it at this moment, it wakes the right one.
            if is_same_goroutine(word, waker) {
                return Ok(());
            }
            let seen = state.take_awaiter(seen)?;
            // SAFETY: taken back, so the waker is the handle's again (I3).
            let former = unsafe { from_word(word) };
            let same = former.will_wake(waker);
            (seen, if same { former } else { waker.clone() })
        } else {
            (seen, waker.clone())
        };
        let word = into_word(waker);
        // There is no awaiter, and the goroutine had not ended: the word is the handle's (I3).
        awaiter.store(word, Relaxed);
        state.set_awaiter(seen).inspect_err(|_| {
            // SAFETY: the end has seen no awaiter, so it is still the handle's (I3).
            drop(unsafe { from_word(word) });
        })
    }
}

impl<T> Future for Join<T> {
    type Output = T;

    /// # Panics
    ///
    /// If it was `Ready` before.
    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        assert!(
            !self.is_empty(),
            "a goroutine's handle was polled again after it had given its output"
        );
        let task = self.task;
        // SAFETY: there is a handle, so the cell is alive (I5).
        let mut seen = unsafe { task.state() }.look();
        if !seen.is_done() {
            match self.wait(seen, context.waker()) {
                Ok(()) => return Poll::Pending,
                Err(done) => seen = done,
            }
        }
        self.task = Self::EMPTY;
        let _handle = DoneHandle { task, seen };
        // SAFETY: seen to have ended while there was a handle, so there is an output, which is the
        // handle's (I2). It is taken once: the handle is empty from here on.
        Poll::Ready(unsafe { task.with_content(|output| ptr::read(output)) })
    }
}

impl<T> Drop for Join<T> {
    #[inline]
    fn drop(&mut self) {
        if self.is_empty() {
            return;
        }
        let task = self.task;
        // SAFETY: there is a handle, so the cell is alive (I5).
        let (state, awaiter) = unsafe { (task.state(), task.awaiter()) };
        let seen = state.look();
        // Read before: without its handle the cell may be gone.
        let word = awaiter.load(Relaxed);
        match state.drop_handle(seen) {
            Ok(()) if seen.has_awaiter() => {
                // SAFETY: only the handle sets or clears the flag of a goroutine that has not ended,
                // so the waker was there to be taken back (I3).
                drop(unsafe { from_word(word) });
            }
            // Whoever runs it will drop the output.
            Ok(()) => {}
            Err(done) => {
                let _handle = DoneHandle { task, seen: done };
                if mem::needs_drop::<T>() {
                    // SAFETY: as in `poll`. The handle is never looked at again.
                    unsafe { task.with_content::<T, _>(|output| ptr::drop_in_place(output)) }
                }
            }
        }
    }
}

/// Gives up the handle of a goroutine that has ended, also when the output's drop unwinds.
struct DoneHandle {
    task: Task,
    seen: Snapshot,
}

impl Drop for DoneHandle {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: made of a handle, which is given up here, so the cell is alive (I5).
        if unsafe { self.task.state() }.drop_done_handle(self.seen) {
            // SAFETY: the last to have it (I5).
            unsafe { self.task.free() }
        }
    }
}

impl<T> fmt::Debug for Join<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Join")
            .field("ended", &self.is_ended())
            .finish()
    }
}
