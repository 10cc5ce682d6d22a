//! A worker that is left without a thread while its goroutine blocks: whoever takes it holds it
//! alone (W1, W2 of `worker.rs`), and what is queued meanwhile is found.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::explore;
use crate::native::idle::Idle;
use crate::native::permit::{Found, Permit};
use crate::native::vacancy::{self, Left};

/// The worker's number.
const ID: usize = 0;

/// One worker, and a queue of which only the length matters.
struct World {
    idle: Idle,
    permit: Permit,
    queued: AtomicUsize,
    /// What only the holder touches: how often somebody has worked.
    held: UnsafeCell<usize>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            idle: Idle::new(),
            permit: Permit::new(),
            queued: AtomicUsize::new(0),
            held: UnsafeCell::new(0),
        })
    }

    /// What a holder does: it runs what is queued. loom fails if two do so at once.
    fn work(&self, searches: bool) {
        // SAFETY: that the caller is the only holder is what the model checks.
        self.held.with_mut(|held| unsafe { *held += 1 });
        self.queued.swap(0, Ordering::AcqRel);
        if searches && self.idle.found() {
            self.notify();
        }
    }

    fn queue(&self) {
        self.queued.fetch_add(1, Ordering::AcqRel);
        self.notify();
    }

    /// As `Native::notify` and `Native::unpark`. A worker that is found vacant is the notifier's,
    /// who has a thread work for it. That one's goroutine may block as well.
    fn notify(&self) {
        if self.idle.notify().is_some() && self.permit.notify() == Found::Vacant {
            self.permit.consume();
            self.work(true);
            self.hand_on();
        }
    }

    /// As `Native::hand_on`. False if the worker was given to a thread at once.
    fn hand_on(&self) -> bool {
        let is_wanted = || self.queued.load(Ordering::Acquire) > 0;
        match vacancy::leave(&self.idle, &self.permit, ID, is_wanted) {
            Left::Vacant => true,
            Left::Wanted { searches } => {
                self.work(searches);
                false
            }
        }
    }

    /// As `Native::take_back`.
    fn take_back(&self) -> bool {
        let taken = vacancy::take_back(&self.idle, &self.permit, ID);
        if let Some(searches) = taken {
            self.work(searches);
        }
        taken.is_some()
    }
}

/// The goroutine's thread takes the worker back while two others find it for what they queue.
#[test]
fn a_vacant_worker_has_one_holder() {
    explore(|| {
        let world = World::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let world = Arc::clone(&world);
                thread::spawn(move || world.queue())
            })
            .collect();
        world.work(false);
        let is_mine = world.hand_on() && world.take_back();
        for other in others {
            other.join().unwrap();
        }
        if is_mine {
            // It runs its goroutine on, and then what is queued.
            world.work(false);
        }
        if world.idle.len() == 0 {
            // Somebody holds it, and will go to rest, which is a look at the queue.
            world.queued.swap(0, Ordering::AcqRel);
        }
        assert_eq!(world.queued.load(Ordering::Acquire), 0, "left in the queue");
        assert!(!world.idle.is_searched(), "nobody searches any more");
        assert!(!world.permit.is_notified(), "nobody has taken the permit");
    });
}

/// What is queued while the worker is being left is found by somebody.
#[test]
fn nothing_is_left_with_a_vacant_worker() {
    explore(|| {
        let world = World::new();
        let other = {
            let world = Arc::clone(&world);
            thread::spawn(move || world.queue())
        };
        world.work(false);
        world.hand_on();
        other.join().unwrap();
        let is_idle = world.idle.len() == 1;
        let queued = world.queued.load(Ordering::Acquire);
        assert!(
            !is_idle || queued == 0,
            "an idle worker, and {queued} in the queue"
        );
    });
}
