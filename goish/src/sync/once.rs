//! Doing something once.

use std::sync::atomic::Ordering;

use super::protocol::exclusion::Exclusion;
use super::protocol::primitives::{AtomicBool, const_unless_modelled};
use crate::block;
use crate::coop::{self, Coop};

/// Go's `sync.Once`.
#[derive(Debug)]
pub struct Once {
    done: AtomicBool,
    running: Exclusion,
}

impl Default for Once {
    fn default() -> Self {
        Self::new()
    }
}

impl Once {
    const_unless_modelled! {
        /// One that has not run yet.
        pub fn new() -> Self {
            Self {
                done: AtomicBool::new(false),
                running: Exclusion::new(),
            }
        }
    }

    /// Calls the function if this is the first call, and waits while another first call runs. A
    /// first call that panics counts as done, as in Go.
    ///
    /// A function that calls `Do` of the same `Once` waits for itself, for ever, as in Go.
    #[track_caller]
    pub fn Do(&self, f: impl FnOnce()) {
        if self.done.load(Ordering::Acquire) {
            coop::did_not_block();
        } else {
            block::on(self.run(f));
        }
    }

    /// As [`Once::Do`], suspending while another first call runs.
    pub(crate) async fn run(&self, f: impl FnOnce()) {
        if self.done.load(Ordering::Acquire) {
            return coop::proceed().await;
        }
        let _running = Coop::new(self.running.lock()).await;
        if self.done.load(Ordering::Acquire) {
            return;
        }
        // Set when the function has ended, also by a panic.
        let _done = Done(&self.done);
        f();
    }
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}
