//! Who is idle, who searches, and whom to wake.
//!
//! A worker without work *searches* the others' queues for a while, and then *announces* that it is
//! idle and sleeps. Whoever queues something wakes an idle worker, unless somebody searches: that
//! one will find it, and then wakes the next if there is more. So there is at most one wake-up under
//! way, however much is queued at once.
//!
//! # Why no wake-up is lost
//!
//! Who queues and who goes to sleep each write first, have a `SeqCst` fence, and read then:
//!
//! | queues | goes to sleep |
//! |---|---|
//! | the entry | the list of idlers, and the count of searching ones |
//! | fence | fence |
//! | who is idle, who searches | every queue |
//!
//! The fences have an order. If the left one comes first, the sleeper sees the entry, or that
//! somebody has taken it. If the right one does, the left side sees the sleeper, and that it
//! searches no more.
//!
//! If the left side sees an idler and a searching worker, it wakes nobody. It relies on the last
//! one that stops searching after that: this one looks at every queue after a fence
//! ([`announce`](Idle::announce)), or notifies, which is a fence and a look at the idlers
//! ([`found`](Idle::found)). If that look finds nobody idle, everybody is awake, and whoever goes to
//! sleep later has a fence that comes later still.
//!
//! # Invariants
//!
//! 1. A worker is on the list at most once, and only while it is idle. Whoever takes it off, and
//!    nobody else, gives it a permit; if it does so itself, nobody does.
//! 2. `idle` is the length of the list, and written under its lock.
//! 3. `searching` is how many workers search, counting those that were taken off the list and have
//!    not gone on yet.

use std::sync::PoisonError;

use crossbeam_utils::CachePadded;

use super::sync::{AtomicUsize, Mutex, Ordering, fence};

/// The workers that are idle, and how many search.
pub(crate) struct Idle {
    /// How many workers are idle. Read at each notification, and rarely written.
    idle: CachePadded<AtomicUsize>,
    /// How many workers search.
    searching: CachePadded<AtomicUsize>,
    /// Who is idle. The last is woken first: its caches are warm.
    list: Mutex<Vec<usize>>,
}

impl Idle {
    pub(crate) fn new() -> Self {
        Self {
            idle: CachePadded::new(AtomicUsize::new(0)),
            searching: CachePadded::new(AtomicUsize::new(0)),
            list: Mutex::new(Vec::new()),
        }
    }

    /// How many workers are idle.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.idle.load(Ordering::Relaxed)
    }

    /// Whether somebody searches.
    pub(crate) fn is_searched(&self) -> bool {
        self.searching.load(Ordering::Relaxed) > 0
    }

    /// Called after something was queued: whom to give a permit. It wakes up counted as searching.
    #[inline]
    pub(crate) fn notify(&self) -> Option<usize> {
        // Between what was queued and the looks: see above.
        fence(Ordering::SeqCst);
        if self.idle.load(Ordering::Relaxed) == 0 || self.searching.load(Ordering::Relaxed) != 0 {
            return None;
        }
        self.wake_one()
    }

    #[cold]
    #[inline(never)]
    fn wake_one(&self) -> Option<usize> {
        // One wake-up at a time. If somebody else is faster, it searches, or the one that it wakes.
        self.searching
            .compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed)
            .ok()?;
        self.locked(|list| {
            let idler = list.pop();
            if idler.is_none() {
                // All are awake. Somebody may have seen this search that does not take place, and
                // relied on it. That is taken back under the lock, so that whoever goes on the
                // list later sees it, and so does whoever queues after that one's fence.
                self.searching.fetch_sub(1, Ordering::Relaxed);
            }
            idler
        })
    }

    /// A worker without work starts searching, unless half of the busy ones of so many `workers` do
    /// that already. Then it had better sleep: they take turns in finding the same.
    pub(crate) fn start_searching(&self, workers: usize) -> bool {
        let busy = workers.saturating_sub(self.len()).max(1);
        // Two at once may both find that there is room for one. That does no harm.
        let start = 2 * self.searching.load(Ordering::Relaxed) < busy;
        if start {
            self.search_again();
        }
        start
    }

    /// A worker that withdrew after [`announce`](Self::announce), because there is something in a
    /// queue after all, searches, however many do: if it was searching, others may still rely on it,
    /// and if it was not, it would announce itself over and over until somebody else is faster.
    pub(crate) fn search_again(&self) {
        self.searching.fetch_add(1, Ordering::Relaxed);
    }

    /// A searching worker has found something. True if it was the last one: then it must
    /// [`notify`](Self::notify), as others relied on it for what they queued meanwhile.
    #[must_use = "the last one must notify"]
    pub(crate) fn found(&self) -> bool {
        self.searching.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// A searching worker stops without having looked everywhere, and does not go on the list. True
    /// if it was the last one: then it must [`notify`](Self::notify), as above.
    #[must_use = "the last one must notify"]
    pub(crate) fn give_up(&self) -> bool {
        self.found()
    }

    /// A worker goes on the list, and stops searching if it does.
    ///
    /// Afterwards it must look at every queue once more. If there is something, it must
    /// [`withdraw`](Self::withdraw), and then [`search_again`](Self::search_again). Otherwise it may
    /// sleep.
    pub(crate) fn announce(&self, id: usize, searching: bool) {
        self.locked(|list| {
            debug_assert!(!list.contains(&id), "worker {id} is idle twice");
            list.push(id);
        });
        // After it is on the list: whoever sees that this one does not search sees that it is idle.
        if searching {
            self.searching.fetch_sub(1, Ordering::Relaxed);
        }
        // Between these and the looks at the queues: see above.
        fence(Ordering::SeqCst);
    }

    /// A worker takes itself off the list. False if somebody else has: then it has a permit, or is
    /// about to get one, which it must take, and it is counted as searching.
    pub(crate) fn withdraw(&self, id: usize) -> bool {
        self.locked(|list| match list.iter().rposition(|&idler| idler == id) {
            Some(at) => {
                list.remove(at);
                true
            }
            None => false,
        })
    }

    /// Changes the list, and its length with it.
    fn locked<R>(&self, change: impl FnOnce(&mut Vec<usize>) -> R) -> R {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let result = change(&mut list);
        // `Relaxed`, like all of this file: the fences order it.
        self.idle.store(list.len(), Ordering::Relaxed);
        result
    }
}

#[cfg(all(test, not(goish_loom)))]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_woken_while_all_are_busy() {
        assert_eq!(Idle::new().notify(), None);
    }

    #[test]
    fn the_last_idler_is_woken_first_and_one_at_a_time() {
        let idle = Idle::new();
        (0..3).for_each(|id| idle.announce(id, false));
        assert_eq!((idle.notify(), idle.notify()), (Some(2), None));
        assert_eq!(idle.len(), 2);
        assert!(idle.found(), "it was the last to search, and notifies");
        assert_eq!((idle.notify(), idle.notify()), (Some(1), None));
    }

    #[test]
    fn who_finds_something_while_others_search_notifies_nobody() {
        let idle = Idle::new();
        assert!(idle.start_searching(8) && idle.start_searching(8));
        assert!(!idle.found());
        assert!(idle.give_up());
        assert!(!idle.is_searched());
    }

    #[test]
    fn half_of_the_busy_workers_search_at_most() {
        let idle = Idle::new();
        (0..2).for_each(|id| idle.announce(id, false));
        let searching = (0..6).filter(|_| idle.start_searching(8)).count();
        assert_eq!(searching, 3);
    }

    #[test]
    fn a_worker_alone_may_search() {
        let idle = Idle::new();
        assert!(idle.start_searching(1));
    }

    #[test]
    fn who_has_withdrawn_is_not_woken() {
        let idle = Idle::new();
        (0..3).for_each(|id| idle.announce(id, false));
        assert!(idle.withdraw(2));
        assert!(!idle.withdraw(2));
        assert_eq!(idle.notify(), Some(1));
        assert!(!idle.withdraw(1), "somebody has taken it off the list");
    }

    #[test]
    fn a_worker_that_goes_to_sleep_searches_no_more() {
        let idle = Idle::new();
        assert!(idle.start_searching(2));
        idle.announce(0, true);
        assert!(!idle.is_searched());
        assert_eq!(idle.notify(), Some(0));
    }
}
