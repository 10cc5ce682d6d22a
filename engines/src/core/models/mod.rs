//! loom models: every interleaving of the core's protocols, one file for each protocol.
//!
//! `RUSTFLAGS="--cfg goish_loom" cargo test --release -p goish-engines --no-default-features models`
//!
//! Each model names the step that it guards. `scripts/mutants.sh` takes those steps out, one at a
//! time, and requires a model to fail.

mod closing;
mod hand_off;
mod leaving;
mod mixing;
mod selecting;
mod waking;

use std::future::{Future, poll_fn};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use loom::thread;

use super::{Ring, Shared};
use crate::channel::{Channel, TryRecvError, TrySendError};
use crate::select::{Arm, Case, select, try_select};

type Chan = Shared<u32, Ring<u32>>;

/// Explores with at most three preemptions, unless `LOOM_MAX_PREEMPTIONS` says otherwise: loom's own
/// advice for models of this size, and enough for every known bug of this kind.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(model);
}

/// Counts its wakes.
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (std::sync::Arc<Counter>, Waker) {
    let counter = std::sync::Arc::new(Counter(AtomicUsize::new(0)));
    (counter.clone(), Waker::from(counter))
}

/// A waker of which loom knows every clone: one that is lost, or used after it was dropped, fails
/// the model.
fn counted_waker() -> Waker {
    block_on(poll_fn(|context| Poll::Ready(context.waker().clone())))
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// Where a future was that is dropped: its memory, overwritten, kept until the model ends. Whoever
/// still touches it finds nonsense there, and fails the model.
struct Remains<F>(#[expect(dead_code, reason = "it is kept, not read")] Box<MaybeUninit<F>>);

/// Drops a future.
fn bury<F>(future: Pin<Box<F>>) -> Remains<F> {
    // SAFETY: dropped where it is, and never looked at again: what is left is plain memory.
    unsafe {
        let future = Box::into_raw(Pin::into_inner_unchecked(future));
        future.drop_in_place();
        future.cast::<u8>().write_bytes(0xa5, size_of::<F>());
        Remains(Box::from_raw(future.cast()))
    }
}

/// A value whose drop loom knows of: it must come after everything that was done to it before.
struct Tracked(Arc<UnsafeCell<usize>>);

// SAFETY: the cell is touched when the value is dropped, and when nobody has it any more.
unsafe impl Send for Tracked {}

impl Drop for Tracked {
    fn drop(&mut self) {
        // SAFETY: whoever drops the value has it to itself; that it has is what loom checks here.
        self.0.with_mut(|drops| unsafe { *drops += 1 });
    }
}

/// How often a [`Tracked`] was dropped.
struct Drops(Arc<UnsafeCell<usize>>);

impl Drops {
    /// Called when everybody is done.
    fn assert_dropped_once(&self) {
        // SAFETY: nobody has the value any more; that nobody has is what loom checks here.
        assert_eq!(self.0.with(|drops| unsafe { *drops }), 1);
    }
}

fn tracked() -> (Tracked, Drops) {
    let drops = Arc::new(UnsafeCell::new(0));
    (Tracked(drops.clone()), Drops(drops))
}
