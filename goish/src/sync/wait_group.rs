//! Waiting for a number of goroutines.

use std::sync::Arc;

use super::protocol::count::Count;
use crate::coop::Coop;
use crate::goroutine::Goroutine;
use crate::types::int;
use crate::{block, coop, runtime};

/// Go's `sync.WaitGroup`. Clones count together.
///
/// It may be used again as soon as a `Wait` has returned: what goes on in one round never ends the
/// next.
#[derive(Clone, Debug)]
pub struct WaitGroup(Arc<Count>);

impl Default for WaitGroup {
    fn default() -> Self {
        Self::new()
    }
}

impl WaitGroup {
    /// One whose counter is zero.
    pub fn new() -> Self {
        Self(Arc::new(Count::new()))
    }

    /// Adds to the counter, or takes from it. At zero, all that wait go on.
    ///
    /// # Panics
    ///
    /// With `sync: negative WaitGroup counter`.
    #[track_caller]
    pub fn Add(&self, delta: int) {
        if self.0.add(delta).is_err() {
            panic!("sync: negative WaitGroup counter");
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
        if self.0.is_zero() {
            coop::did_not_block();
        } else {
            block::on(self.wait());
        }
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
        Coop::new(self.0.wait()).await;
    }
}

struct DoneOnDrop(WaitGroup);

impl Drop for DoneOnDrop {
    fn drop(&mut self) {
        self.0.Done();
    }
}
