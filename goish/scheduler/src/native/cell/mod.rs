//! A goroutine's cell: 24 bytes of header, then its future, and later in the same place its output.
//!
//! One word of the header holds everything that more than one party changes: how many turns the
//! goroutine is owed, whether it has ended, whether it has a handle, whether somebody waits for its
//! end, and how many wakers there are. So a turn costs one read-modify-write, at its end; a wake by
//! value one; the end one, or none if nobody is left to see it; and a join after the end none.
//!
//! A goroutine that has not ended keeps itself: one that nobody can wake stays, as in Go.
//!
//! # Invariants
//!
//! Every `unsafe` block here relies on these, by number.
//!
//! - **I1. One party holds the task**, while turns are owed: who made it or woke it, then the queue,
//!   then who runs it. A wake of a goroutine that is owed none makes the waker the holder; any other
//!   wake only adds a turn, to at most two. Only the holder takes turns away. It has let go when it
//!   has taken the last, or ended the goroutine. (Handing a task on publishes what the last turn and
//!   the wake wrote: that is the queue's part.)
//! - **I2. The content is the holder's until the end**: a future up to the turn that is `Ready`, then
//!   an output. A handle that is given up before the end leaves the output to the runner, which drops
//!   it before it ends the goroutine. If there is a handle at the end, the output is the handle's from
//!   then on, and is taken or dropped before the handle is given up.
//! - **I3. The awaiter's word is written by the handle alone**, while the AWAITER flag is not set and
//!   the goroutine has not ended. While the flag is set, the waker in the word is the cell's, and who
//!   clears the flag owns it: the handle, or the runner as it ends the goroutine.
//! - **I4. An awaiter that was never replaced is the first.** The handle sets REPLACED when it takes
//!   an awaiter back, and nobody clears it. So the runner may read the word before it ends the
//!   goroutine: if it succeeds, and REPLACED is not set, that is the awaiter.
//! - **I5. A cell is alive** until the goroutine has ended, has no handle, and no waker is counted.
//!   Who takes away the last of these frees it: by its own read-modify-write, or by having seen
//!   (Acquire) that it is the only one left. None is ever added to none: wakers are made of wakers,
//!   or in a turn.
//! - **I6. Who ends a goroutine touches its cell no more**, unless it counts as a waker.
//! - **I7. The memory is the cell's** from `allocate` to `free`, as large and as aligned as the vtable
//!   says, and a task's pointer is to the whole of it. The vtable never changes.

mod join;
mod state;
mod task;
#[cfg(all(test, not(goish_loom)))]
mod tests;
mod waker;

use std::alloc::Layout;
use std::any::type_name;
use std::future::Future;
use std::marker::PhantomData;
use std::mem::{self, MaybeUninit};
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::sync::atomic::Ordering::Relaxed;
use std::task::{Context, Poll};

use super::sync::AtomicPtr;
#[cfg(goish_loom)]
use super::sync::UnsafeCell;
use state::State;
use task::{Cell, Header, VTable};

pub(crate) use join::Join;
pub(crate) use task::Task;

/// What a cell needs of its scheduler. Static: it costs a cell nothing.
pub(crate) trait Schedule: 'static {
    /// Where its goroutines are made, if it is known.
    const MADE_AT: Option<&'static str> = None;

    /// A goroutine has become ready; its SCHEDULED flag is the entry that the callee now queues.
    /// Called by any thread, and by a goroutine for itself only after its turn. What the caller has
    /// written before must be visible to who runs the goroutine.
    fn ready(task: Task);

    /// Memory for a cell, aligned to 16 at least; the flag says whether it is the global
    /// allocator's.
    fn allocate(layout: Layout) -> (NonNull<u8>, bool);

    /// Takes the memory back. Called by any thread.
    ///
    /// # Safety
    ///
    /// From [`Schedule::allocate`] with the same layout, and with its flag; not used any more.
    unsafe fn free(memory: NonNull<u8>, layout: Layout, system: bool);

    /// A goroutine has ended. Called once for each, by whoever ran it, after its output is where it
    /// belongs: in the cell, or dropped. Who waits for its end is woken afterwards; who looks by
    /// itself may know before.
    fn ended();
}

/// The types of a cell.
struct Types<S, F>(PhantomData<(S, F)>);

impl<S: Schedule, F: Future> Types<S, F> {
    const VTABLE: &'static VTable = &VTable {
        run: run_once::<S, F>,
        ready: S::ready,
        free: free::<S, F>,
        name: name::<S, F>,
    };

    const LAYOUT: Layout = {
        let (future, output) = (Layout::new::<Cell<F>>(), Layout::new::<Cell<F::Output>>());
        let (size, align) = (
            larger(future.size(), output.size()),
            larger(future.align(), output.align()),
        );
        match Layout::from_size_align(size, larger(align, 16)) {
            Ok(layout) => layout,
            Err(_) => panic!("a goroutine is too large"),
        }
    };
}

/// What goroutines of this kind are called: by the place where they are made, or else by their future's
/// type, which has its function in it.
fn name<S: Schedule, F>() -> &'static str {
    S::MADE_AT.unwrap_or_else(type_name::<F>)
}

const fn larger(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

/// How a turn ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It was woken while it ran, and is still held: it goes to the end of a queue.
    Again(Task),
    /// It waits for a wake, or has been woken already, and is another's.
    Waiting,
    /// It has ended.
    Ended,
}

/// Makes a goroutine, ready to be queued.
#[inline]
pub(crate) fn new<S, F>(future: F) -> (Task, Join<F::Output>)
where
    S: Schedule,
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let (memory, system) = S::allocate(Types::<S, F>::LAYOUT);
    let cell = memory.cast::<Cell<F>>();
    // SAFETY: new memory, which is large and aligned enough (I7).
    unsafe {
        cell.write(Cell {
            header: Header {
                state: State::new(system),
                vtable: Types::<S, F>::VTABLE,
                awaiter: AtomicPtr::new(ptr::null_mut()),
                #[cfg(goish_loom)]
                content: UnsafeCell::new(()),
            },
            content: MaybeUninit::new(future),
        });
    }
    let task = Task(cell.cast());
    // SAFETY: the state was made with a handle, and this is it.
    (task, unsafe { Join::new(task) })
}

/// Gives a goroutine one turn.
///
/// Neither its future nor its output's drop may unwind: the process is aborted if one does.
///
/// # Safety
///
/// The caller holds the task, and holds it no more unless it comes back.
#[inline]
pub(crate) unsafe fn run(task: Task) -> Ran {
    // A model that fails is to unwind.
    #[cfg(not(goish_loom))]
    let guard = Unwinding;
    // SAFETY: held, so the cell is alive (I5); and the caller's part.
    let ran = unsafe { (task.vtable().run)(task) };
    #[cfg(not(goish_loom))]
    mem::forget(guard);
    ran
}

/// # Safety
///
/// As for [`run`], and the cell has these types.
unsafe fn run_once<S: Schedule, F: Future>(task: Task) -> Ran {
    // SAFETY: held, so the cell is alive, and remains so until this turn or the goroutine is ended
    // below (I1, I5).
    let (state, waker) = unsafe { (task.state(), waker::borrowed(task)) };
    state.begin_turn();
    // SAFETY: held and not ended, so the content is this thread's, and a future (I2), which stays
    // where it is until it is dropped.
    let polled = unsafe {
        task.with_content(|future: *mut F| {
            Pin::new_unchecked(&mut *future).poll(&mut Context::from_waker(&waker))
        })
    };
    match polled {
        Poll::Pending if state.end_turn() => Ran::Again(task),
        Poll::Pending => Ran::Waiting,
        Poll::Ready(output) => {
            // SAFETY: as above. From here on the content is an output (I2).
            unsafe {
                task.with_content(|future: *mut F| ptr::drop_in_place(future));
                task.with_content(|place: *mut F::Output| place.write(output));
                end::<S, F>(task);
            }
            Ran::Ended
        }
    }
}

/// Ends a goroutine, whose output is in its cell.
///
/// # Safety
///
/// The caller holds the task, and holds it no more, and the cell has these types.
#[inline]
unsafe fn end<S: Schedule, F: Future>(task: Task) {
    // SAFETY: held, so the cell is alive until the goroutine is ended (I1, I5).
    let (state, awaiter) = unsafe { (task.state(), task.awaiter()) };
    let mut seen = state.look();
    let mut has_output = true;
    // What the end wakes, if there has been one awaiter at most (I4).
    let mut word = ptr::null_mut();
    loop {
        if !seen.has_handle() {
            if mem::take(&mut has_output) && mem::needs_drop::<F::Output>() {
                // SAFETY: without a handle the output is still this thread's (I2), and it is
                // dropped once.
                unsafe { task.with_content(|output: *mut F::Output| ptr::drop_in_place(output)) }
            }
            if seen.wakers() == 0 {
                // SAFETY: no handle, no waker, and the end is this thread's (I5).
                unsafe { free::<S, F>(task) }
                S::ended();
                return;
            }
        }
        if seen.has_awaiter() && !seen.is_replaced() {
            word = awaiter.load(Relaxed);
        }
        match state.end(seen) {
            Ok(()) => break,
            Err(other) => seen = other,
        }
    }
    if seen.has_awaiter() && seen.is_replaced() {
        word = awaiter.load(Relaxed);
        // SAFETY: the end has counted this thread in (I6).
        unsafe { waker::release(task) }
    }
    S::ended();
    if seen.has_awaiter() {
        // SAFETY: the end has made the awaiter's waker this thread's (I3), and its word was read when
        // it could no longer change (I4).
        unsafe { waker::from_word(word) }.wake();
    }
}

/// # Safety
///
/// As for [`Task::free`], and the cell has these types.
unsafe fn free<S: Schedule, F: Future>(task: Task) {
    // SAFETY: the caller has the cell to itself.
    let system = unsafe { task.state() }.is_system();
    #[cfg(goish_loom)]
    // SAFETY: as above.
    unsafe {
        let header = &mut *task.0.as_ptr();
        header.state.freed();
        header.awaiter.with_mut(|_| ());
        header.content.with_mut(|_| ());
    }
    // SAFETY: as it was allocated (I7).
    unsafe { S::free(task.0.cast(), Types::<S, F>::LAYOUT, system) }
}

/// Ends the process if it is dropped, which is if something unwinds.
#[cfg(not(goish_loom))]
struct Unwinding;

#[cfg(not(goish_loom))]
impl Drop for Unwinding {
    #[cold]
    fn drop(&mut self) {
        die("fatal error: a goroutine unwound out of its turn\n");
    }
}

/// Says why, and ends the process.
#[cold]
fn die(sentence: &str) -> ! {
    use std::io::Write;
    // Past the standard library's lock, which may be held by somebody who waits for this thread.
    #[cfg(unix)]
    {
        use std::os::fd::FromRawFd;
        // SAFETY: it is written to, and not closed.
        let mut stderr = mem::ManuallyDrop::new(unsafe { std::fs::File::from_raw_fd(2) });
        let _ = stderr.write_all(sentence.as_bytes());
    }
    #[cfg(not(unix))]
    let _ = std::io::stderr().write_all(sentence.as_bytes());
    std::process::abort()
}
