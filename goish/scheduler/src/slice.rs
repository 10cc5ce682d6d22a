//! The slice: for how long a goroutine may keep its worker.
//!
//! A goroutine whose operations are always ready would never suspend. So each thread counts the
//! operations that the goroutine on it does in a row, and looks at the clock now and then. That is
//! all that is done here: who is told that the slice is spent has it stand aside.
//!
//! tokio's own cooperative budget would do the same by count alone: it ends after 128 operations,
//! which for a channel is about two microseconds, less than it costs to stand aside. Measured on
//! two cores, a send and a receive with a buffer took 2 to 4 times as long with it as without.
//! With a slice of time they take 1.1 to 1.5 times as long, the future around them included, and the
//! slice is a hundredth of Go's, which stops a goroutine after 10 ms.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// After so many operations in a row a goroutine looks at the clock. The first look starts the slice,
/// so one whose operations are far apart stands aside after twice as many: as with tokio's budget.
const OPERATIONS: u32 = 64;

/// For so long a goroutine may keep its worker if it can suspend.
pub(crate) const SUSPENDING: Duration = Duration::from_micros(100);

/// For so long if it cannot: in a plain function it stands aside by a change of threads.
pub(crate) const BLOCKING: Duration = Duration::from_millis(1);

thread_local! {
    static OPERATIONS_IN_A_ROW: Cell<u32> = const { Cell::new(0) };
    static START: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Starts a new slice: the scheduler has just chosen to run this goroutine.
#[inline]
pub(crate) fn start() {
    OPERATIONS_IN_A_ROW.set(0);
    START.set(None);
}

/// Starts a new slice, at a time that is known.
pub(crate) fn start_now() {
    OPERATIONS_IN_A_ROW.set(0);
    START.set(Some(Instant::now()));
}

/// Counts an operation that did not have to wait.
#[inline]
pub(crate) fn count() {
    OPERATIONS_IN_A_ROW.set(OPERATIONS_IN_A_ROW.get().saturating_add(1));
}

/// Whether it is time to look at the clock.
#[inline]
pub(crate) fn is_time_to_look() -> bool {
    OPERATIONS_IN_A_ROW.get() >= OPERATIONS
}

/// Looks at the clock: whether the slice has lasted this long. If so the next one begins, also for a
/// task that is no goroutine and will not say when it does.
#[cold]
pub(crate) fn is_spent(length: Duration) -> bool {
    OPERATIONS_IN_A_ROW.set(0);
    let now = Instant::now();
    let spent = START.get().is_some_and(|start| now - start >= length);
    if spent || START.get().is_none() {
        START.set(Some(now));
    }
    spent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_is_spent_when_its_time_is_over_and_not_by_operations_alone() {
        start();
        (0..OPERATIONS).for_each(|_| count());
        assert!(is_time_to_look());
        // The first look starts the slice, whatever its length.
        assert!(!is_spent(Duration::ZERO));
        assert!(!is_time_to_look());
        assert!(!is_spent(Duration::from_secs(3600)));
        assert!(is_spent(Duration::ZERO));
        start();
        assert!(!is_spent(Duration::ZERO));
    }
}
