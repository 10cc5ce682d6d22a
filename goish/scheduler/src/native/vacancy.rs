//! Leaving a worker without a thread, and taking it back: what a plain function that blocks does with
//! the worker of its goroutine when nobody needs it.
//!
//! A worker that was left is on the list of the idle, with a vacant permit. Two may find it there: who
//! notifies takes it off the list first and then gives the permit; who takes it back takes the permit
//! first and then takes it off the list. So one of the two steps fails for one of them, and who has
//! both has the worker.

use super::idle::Idle;
use super::permit::Permit;
use super::sync::spin_loop;

/// What has become of a worker that was to be left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It has no thread, and is whoever's finds it.
    Vacant,
    /// It is wanted, and still the caller's. It counts as searching if `searches`.
    Wanted { searches: bool },
}

/// Leaves a worker that the caller holds, and that does not search, unless something waits for it
/// after it has been announced.
pub(crate) fn leave(
    idle: &Idle,
    permit: &Permit,
    id: usize,
    is_wanted: impl FnOnce() -> bool,
) -> Left {
    idle.announce(id, false);
    if is_wanted() && idle.withdraw(id) {
        return Left::Wanted { searches: false };
    }
    if permit.vacate() {
        return Left::Vacant;
    }
    // Somebody has notified it meanwhile, and has found that it runs.
    permit.consume();
    Left::Wanted { searches: true }
}

/// Takes a worker back that was left, if nobody has it by now: the caller holds it again. The answer
/// is then whether it counts as searching.
pub(crate) fn take_back(idle: &Idle, permit: &Permit, id: usize) -> Option<bool> {
    if !permit.take_vacant() {
        return None;
    }
    if idle.withdraw(id) {
        return Some(false);
    }
    // Somebody has taken it off the list, counts it as searching, and notifies it by now.
    while !permit.is_notified() {
        spin_loop();
    }
    permit.consume();
    Some(true)
}
