//! What the tests of the engines share.
#![allow(
    dead_code,
    unused_imports,
    unused_macros,
    reason = "each test uses some of it"
)]

mod arms;
mod elements;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Runs a generic function on every engine.
macro_rules! on_every_engine {
    ($($name:ident)+) => {$(
        #[test]
        fn $name() {
            struct Each;
            impl goish_engines::Visitor for Each {
                fn visit<E: goish_engines::Engine>(&mut self) {
                    super::$name::<E>();
                }
            }
            goish_engines::visit_all(&mut Each);
        }
    )+};
}
pub(crate) use arms::*;
pub(crate) use elements::*;
pub(crate) use on_every_engine;

/// Polls once, with a waker that wakes nobody.
pub(crate) fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    poll_with(future, Waker::noop())
}

/// Polls once.
pub(crate) fn poll_with<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// Counts its wakes.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
