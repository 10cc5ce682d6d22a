//! What the runtimes have in common whose goroutines are threads of the system.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A signal that threads wait for.
#[derive(Clone, Debug, Default)]
pub struct ThreadSignal(Arc<(Mutex<bool>, Condvar)>);

impl ThreadSignal {
    /// Blocks this thread until the signal is given.
    pub fn wait(&self) {
        let (_, given) = &*self.0;
        let fired = given.wait_while(self.fired(), |fired| !*fired);
        drop(fired.unwrap_or_else(PoisonError::into_inner));
    }

    /// Gives the signal.
    pub fn fire(&self) {
        *self.fired() = true;
        self.0.1.notify_all();
    }

    fn fired(&self) -> MutexGuard<'_, bool> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
