//! Where a worker sleeps until it is wanted.

use super::sync::{AtomicU32, Ordering};

/// Nothing: the worker runs, or has been withdrawn from the idle ones.
const EMPTY: u32 = 0;
/// A thread sleeps until it is unparked.
const PARKED: u32 = 1;
/// A thread sleeps in tokio's driver until that is woken.
const DRIVING: u32 = 2;
/// The worker has no thread.
const VACANT: u32 = 3;
/// The worker is wanted.
const NOTIFIED: u32 = 4;

/// What a notifier finds, and must attend to: it has been the one to find it.
#[must_use = "somebody sleeps who must be woken"]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nobody sleeps, or not yet: the worker will find the permit.
    Running,
    /// A thread sleeps, and must be unparked.
    Parked,
    /// A thread sleeps in tokio's driver, which must be woken.
    Driving,
    /// There is no thread: one must be found.
    Vacant,
}

/// A worker's permit to go on.
///
/// Only the worker itself makes it empty and goes to sleep on it. It is notified by whoever has
/// taken the worker off the list of idle ones (see [`Idle`](super::idle::Idle)), and so at most once
/// for each time that the worker has gone on it.
///
/// What belongs to a way of sleeping (a thread's handle, the driver's waker) must be in its place
/// before the worker prepares to sleep, and can still be in use by a notifier *after the worker has
/// gone on*: it must be behind a lock, or never change.
#[derive(Debug)]
pub(crate) struct Permit(AtomicU32);

impl Permit {
    pub(crate) fn new() -> Self {
        Self(AtomicU32::new(EMPTY))
    }

    /// Gives the permit. The caller must do what the answer says.
    pub(crate) fn notify(&self) -> Found {
        // `Acquire`: what belongs to the way of sleeping was in its place before. `Release`: what
        // the notifier did comes before what the worker does with the permit.
        match self.0.swap(NOTIFIED, Ordering::AcqRel) {
            PARKED => Found::Parked,
            DRIVING => Found::Driving,
            VACANT => Found::Vacant,
            _ => Found::Running,
        }
    }

    /// The worker's thread is about to park, until [`is_notified`](Self::is_notified). False when
    /// it has the permit already.
    ///
    /// It may come out of the driver, or have been unparked for nothing.
    pub(crate) fn prepare_park(&self) -> bool {
        self.prepare(PARKED)
    }

    /// The worker's thread is about to sleep in tokio's driver. False when it has the permit
    /// already. To be asked in each poll of what it sleeps on.
    pub(crate) fn prepare_drive(&self) -> bool {
        self.prepare(DRIVING)
    }

    /// The worker is about to be left without a thread. False when it has the permit already, and
    /// the thread must stay.
    ///
    /// After it, the worker belongs to whoever finds it so.
    pub(crate) fn vacate(&self) -> bool {
        self.prepare(VACANT)
    }

    /// Takes a worker that was left without a thread, if nobody has found it so yet. Then it is the
    /// caller's, who withdraws it; if it is off the list already, the permit is about to come.
    pub(crate) fn take_vacant(&self) -> bool {
        // `Acquire`: what the one who left it did comes before what the caller does.
        self.0
            .compare_exchange(VACANT, EMPTY, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    fn prepare(&self, asleep: u32) -> bool {
        let mut seen = self.0.load(Ordering::Acquire);
        // At most twice: nobody else changes anything but to `NOTIFIED`.
        while seen != NOTIFIED {
            // `Release` for what belongs to the way of sleeping, `Acquire` for the permit.
            match self
                .0
                .compare_exchange(seen, asleep, Ordering::Release, Ordering::Acquire)
            {
                Ok(_) => return true,
                Err(now) => seen = now,
            }
        }
        false
    }

    /// Whether the worker has the permit.
    pub(crate) fn is_notified(&self) -> bool {
        self.0.load(Ordering::Acquire) == NOTIFIED
    }

    /// The worker goes on: it has the permit, or has withdrawn itself, so that nobody gives one.
    pub(crate) fn consume(&self) {
        // `Relaxed`: who notifies next has taken the worker off the list, on which it goes after
        // this.
        self.0.store(EMPTY, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(goish_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_notifier_finds_how_the_worker_sleeps() {
        type Prepare = fn(&Permit) -> bool;
        for (prepare, found) in [
            (Permit::prepare_park as Prepare, Found::Parked),
            (Permit::prepare_drive, Found::Driving),
            (Permit::vacate, Found::Vacant),
        ] {
            let permit = Permit::new();
            assert!(prepare(&permit) && !permit.is_notified());
            assert_eq!(permit.notify(), found);
            assert!(permit.is_notified() && !prepare(&permit));
            permit.consume();
            assert_eq!(permit.notify(), Found::Running);
            assert!(!prepare(&permit));
        }
    }

    #[test]
    fn a_worker_that_comes_out_of_the_driver_may_park() {
        let permit = Permit::new();
        assert!(permit.prepare_drive() && permit.prepare_drive() && permit.prepare_park());
        assert_eq!(permit.notify(), Found::Parked);
    }

    #[test]
    fn a_vacant_worker_is_taken_once() {
        let permit = Permit::new();
        assert!(!permit.take_vacant());
        assert!(permit.vacate() && permit.take_vacant() && !permit.take_vacant());
        assert!(permit.vacate());
        assert_eq!(permit.notify(), Found::Vacant);
        assert!(!permit.take_vacant());
    }
}
