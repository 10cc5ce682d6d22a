//! loom models: every interleaving of the protocols, one file for each.
//!
//! `RUSTFLAGS="--cfg goish_loom" cargo test --release -p goish --lib models`
//!
//! Each model names the step that it guards. `goish/tests/mutants` takes those steps out, one at a
//! time, and a model must fail.

mod counting;
mod locking;
mod sharing;
mod signalling;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::primitives::EVERYBODY_IS_IMPATIENT;

/// Explores with at most three preemptions, unless `LOOM_MAX_PREEMPTIONS` says otherwise: loom's own
/// advice for models of this size, and enough for every known bug of this kind.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    EVERYBODY_IS_IMPATIENT.set(false);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(model);
}

/// Counts its wakes.
struct Counter(AtomicUsize);

impl Counter {
    fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Counter {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (std::sync::Arc<Counter>, Waker) {
    let counter = std::sync::Arc::new(Counter(AtomicUsize::new(0)));
    (counter.clone(), Waker::from(counter))
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}
