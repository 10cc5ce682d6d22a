//! Doing something once.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::block;

/// Go's `sync.Once`.
#[derive(Debug, Default)]
pub struct Once {
    done: AtomicBool,
    running: tokio::sync::Mutex<()>,
}

impl Once {
    /// One that has not run yet.
    pub const fn new() -> Self {
        Self {
            done: AtomicBool::new(false),
            running: tokio::sync::Mutex::const_new(()),
        }
    }

    /// Calls the function if this is the first call, and waits while another first call runs. A
    /// first call that panics counts as done, as in Go.
    ///
    /// A function that calls `Do` of the same `Once` waits for itself, for ever, as in Go.
    #[track_caller]
    pub fn Do(&self, f: impl FnOnce()) {
        if !self.done.load(Ordering::Acquire) {
            block::on(self.run(f));
        }
    }

    /// As [`Once::Do`], suspending while another first call runs.
    pub(crate) async fn run(&self, f: impl FnOnce()) {
        if self.done.load(Ordering::Acquire) {
            return;
        }
        let _running = self.running.lock().await;
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
