//! Waiting for a number of goroutines.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::sync::Notify;

use crate::goroutine::Goroutine;
use crate::types::int;
use crate::{block, coop, runtime};

/// Go's `sync.WaitGroup`. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct WaitGroup(Arc<Group>);

#[derive(Debug, Default)]
struct Group {
    count: AtomicI64,
    zero: Notify,
}

impl WaitGroup {
    /// One whose counter is zero.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds to the counter, or takes from it. At zero, all that wait go on.
    ///
    /// # Panics
    ///
    /// With `sync: negative WaitGroup counter`.
    #[track_caller]
    pub fn Add(&self, delta: int) {
        let count = self.0.count.fetch_add(delta, Ordering::SeqCst) + delta;
        assert!(count >= 0, "sync: negative WaitGroup counter");
        if count == 0 {
            self.0.zero.notify_waiters();
        }
    }

    /// Takes one from the counter.
    ///
    /// # Panics
    ///
    /// With `sync: negative WaitGroup counter`.
    #[track_caller]
    pub fn Done(&self) {
        self.Add(-1);
    }

    /// Waits until the counter is zero.
    #[track_caller]
    pub fn Wait(&self) {
        block::on(self.wait());
    }

    /// Calls the function in a goroutine that this group waits for. Channel operations in it
    /// block, as in any closure; `go!` with `Add` and `Done` suspends instead.
    pub fn Go(&self, f: impl FnOnce() + Send + 'static) -> Goroutine {
        self.Add(1);
        let done = DoneOnDrop(self.clone());
        runtime::spawn(async move {
            let _done = done;
            f();
        })
    }

    /// Waits until the counter is zero.
    ///
    /// Cancel safety: it may be dropped at any time.
    pub async fn wait(&self) {
        coop::proceed().await;
        let mut zero = pin!(self.0.zero.notified());
        // Registered before the look at the counter, so that the change to zero is not missed.
        zero.as_mut().enable();
        if self.0.count.load(Ordering::SeqCst) != 0 {
            zero.await;
        }
    }
}

struct DoneOnDrop(WaitGroup);

impl Drop for DoneOnDrop {
    fn drop(&mut self) {
        self.0.Done();
    }
}
