//! Waiting for a condition of what a mutex guards.

use super::MutexGuard;
use super::protocol::primitives::const_unless_modelled;
use super::protocol::signals::Signals;
use crate::{block, coop};

/// Go's `sync.Cond`. `Wait` takes the mutex's guard and gives it back, so it needs no `L`; a guard
/// of another mutex each time works as well.
///
/// As in Go the condition is looked at in a loop, since somebody else may lock the mutex first. But
/// nobody goes on without a signal.
///
/// ```
/// use goish::prelude::*;
///
/// let shared = std::sync::Arc::new((sync::Mutex::new(false), sync::Cond::new()));
/// go!{
///     *shared.0.Lock() = true;
///     shared.1.Signal();
/// };
/// let (mutex, cond) = &*shared;
/// let mut ready = mutex.Lock();
/// while !*ready {
///     ready = cond.Wait(ready);
/// }
/// ```
#[derive(Debug)]
pub struct Cond(Signals);

impl Default for Cond {
    fn default() -> Self {
        Self::new()
    }
}

impl Cond {
    const_unless_modelled! {
        /// One that nobody waits for.
        pub fn new() -> Self {
            Self(Signals::new())
        }
    }

    /// Unlocks the mutex, waits for a signal, and locks the mutex again. A signal that is given
    /// after the unlocking is not missed.
    #[track_caller]
    pub fn Wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        block::on(self.wait(guard))
    }

    /// Unlocks the mutex, waits for a signal, and locks the mutex again.
    ///
    /// Cancel safety: it may be dropped at any time, which leaves the mutex unlocked. A signal that
    /// it was given and did not act on goes to the next that waits.
    pub async fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        guard.unlocked_during(self.0.wait()).await
    }

    /// Lets the one go on that has waited longest, if any.
    pub fn Signal(&self) {
        self.0.one();
        coop::did_not_block();
    }

    /// Lets all go on that wait.
    pub fn Broadcast(&self) {
        self.0.all();
        coop::did_not_block();
    }
}
