//! Nothing in a ring is lost or doubled, whoever takes it.
//!
//! What loom cannot show: it never lets a load see a store that comes later, so that a thief's
//! `Release` and the owner's `Acquire` of the head, which keep a slot from being written anew before
//! it was read, rest on the argument in `ring.rs`.

use std::ptr::NonNull;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;

use super::explore;
use crate::native::ring::{CAPACITY, HALF, Overflow, Ring};

/// What is behind an entry. loom knows of each access: one that does not come after the push, or
/// that somebody else makes at the same time, fails the model.
struct Entry {
    id: usize,
    /// Whether it was pushed, and how often it was taken.
    fate: UnsafeCell<(bool, usize)>,
}

/// Rings, and entries for them.
struct World {
    rings: [Ring<Entry>; 3],
    entries: [Entry; 8],
}

// SAFETY: what is not atomic in it is watched by loom.
unsafe impl Send for World {}
// SAFETY: as above.
unsafe impl Sync for World {}

impl World {
    /// Three empty rings. They go round, in position and in slot, with the third entry.
    fn new() -> Arc<Self> {
        Arc::new(Self {
            rings: std::array::from_fn(|_| Ring::starting_at(2_usize.wrapping_neg())),
            entries: std::array::from_fn(|id| Entry {
                id,
                fate: UnsafeCell::new((false, 0)),
            }),
        })
    }

    /// An entry that is about to be pushed.
    fn entry(&self, id: usize) -> NonNull<Entry> {
        let entry = &self.entries[id];
        // SAFETY: nobody else has it yet; loom checks that.
        entry.fate.with_mut(|fate| unsafe { (*fate).0 = true });
        NonNull::from(entry)
    }

    /// The owner of the first ring pushes.
    fn push(&self, id: usize) -> Result<(), Overflow<Entry>> {
        // SAFETY: one thread of each model does this.
        unsafe { self.rings[0].push(self.entry(id)) }
    }

    /// The owner of a ring takes everything out; comes back with what that was.
    fn drain(&self, ring: usize) -> Vec<usize> {
        // SAFETY: one thread of each model does this for each ring.
        std::iter::from_fn(|| unsafe { self.rings[ring].pop() })
            .map(take)
            .collect()
    }

    /// The owner of one ring steals from another, and takes what it got; comes back with what that
    /// was.
    fn steal(&self, from: usize, thief: usize) -> Vec<usize> {
        // SAFETY: one thread of each model does this for each ring.
        let first = unsafe { self.rings[from].steal_into(&self.rings[thief]) };
        let mut taken: Vec<_> = first.map(take).into_iter().collect();
        taken.extend(self.drain(thief));
        assert!(taken.is_sorted(), "the order is kept: {taken:?}");
        taken
    }

    /// Called when all threads have ended: what was pushed was taken, once.
    fn assert_taken_once(&self, pushed: usize) {
        for entry in &self.entries[..pushed] {
            // SAFETY: nobody has it any more; loom checks that.
            let fate = entry.fate.with(|fate| unsafe { *fate });
            assert_eq!(fate, (true, 1), "entry {}", entry.id);
        }
    }
}

/// Whoever takes an entry has it to itself.
fn take(entry: NonNull<Entry>) -> usize {
    // SAFETY: the world outlives its threads.
    let entry = unsafe { entry.as_ref() };
    // SAFETY: nobody else has it; loom checks that.
    entry.fate.with_mut(|fate| unsafe {
        assert!((*fate).0, "taken before it was pushed");
        (*fate).1 += 1;
    });
    entry.id
}

fn thief(world: &Arc<World>, from: usize, thief: usize) -> thread::JoinHandle<Vec<usize>> {
    let world = world.clone();
    thread::spawn(move || world.steal(from, thief))
}

/// The owner pushes and takes while two thieves take half (guards the order of a push, and that
/// whoever takes moves the head from where it has looked).
#[test]
fn an_owner_and_two_thieves() {
    explore(|| {
        let world = World::new();
        let thieves = [thief(&world, 0, 1), thief(&world, 0, 2)];
        for id in 0..3 {
            world.push(id).unwrap();
        }
        let taken = world.drain(0);
        assert!(taken.is_sorted(), "oldest first: {taken:?}");
        for thief in thieves {
            thief.join().unwrap();
        }
        world.assert_taken_once(3);
    });
}

/// A slot is used anew while a thief reads it (guards the same, where the thief has read nonsense).
#[test]
fn a_ring_goes_round() {
    explore(|| {
        let world = World::new();
        for id in 0..CAPACITY {
            world.push(id).unwrap();
        }
        let thief = thief(&world, 0, 1);
        // SAFETY: this thread owns the ring.
        let oldest = unsafe { world.rings[0].pop() }.map(take);
        world.push(CAPACITY).unwrap();
        let taken = world.drain(0);
        assert!(oldest.is_some_and(|oldest| taken.iter().all(|&id| id > oldest)));
        assert!(taken.is_sorted(), "oldest first: {taken:?}");
        thief.join().unwrap();
        world.assert_taken_once(CAPACITY + 1);
    });
}

/// A full ring gives half away while two thieves take half (guards the claim of an overflow, and
/// the order of its steps).
#[test]
fn a_full_ring_and_two_thieves() {
    explore(|| {
        let world = World::new();
        for id in 0..CAPACITY {
            world.push(id).unwrap();
        }
        let thieves = [thief(&world, 0, 1), thief(&world, 0, 2)];
        let pushed = world.push(CAPACITY);
        let mut taken = world.drain(0);
        if let Err(Overflow(block)) = pushed {
            assert_eq!(block.len(), CAPACITY - HALF + 1);
            taken.extend(block.into_iter().map(take));
        }
        assert!(taken.is_sorted(), "the older half stays: {taken:?}");
        for thief in thieves {
            thief.join().unwrap();
        }
        world.assert_taken_once(CAPACITY + 1);
    });
}

/// What a thief has put into its ring is stolen again (guards that it shows only what is its own,
/// and all that its owner did to it).
#[test]
fn what_is_stolen_is_stolen_again() {
    explore(|| {
        let world = World::new();
        let thieves = [thief(&world, 0, 1), thief(&world, 1, 2)];
        for id in 0..CAPACITY {
            world.push(id).unwrap();
        }
        world.drain(0);
        for thief in thieves {
            thief.join().unwrap();
        }
        world.assert_taken_once(CAPACITY);
    });
}

/// What was fetched from elsewhere is seen at once, and whole (guards the order of an `extend`).
#[test]
fn what_was_fetched_is_stolen() {
    explore(|| {
        let world = World::new();
        let thief = thief(&world, 0, 1);
        let fetched = [0, 1, 2].map(|id| world.entry(id));
        // SAFETY: this thread owns the ring.
        unsafe { world.rings[0].extend(fetched) };
        world.drain(0);
        let stolen = thief.join().unwrap();
        // Half of three, of two, of one, or of none: it never sees the first alone.
        assert!(matches!(stolen[..], [0, 1] | [1] | [2] | []), "{stolen:?}");
        world.assert_taken_once(3);
    });
}

/// Whoever looks from outside sees no more entries than there ever were (guards that a head comes
/// with a tail no older than it).
#[test]
fn a_look_from_outside() {
    explore(|| {
        let world = World::new();
        let looking = {
            let world = world.clone();
            thread::spawn(move || assert!(world.rings[0].len() <= 1))
        };
        world.push(0).unwrap();
        assert_eq!(world.drain(0), [0]);
        looking.join().unwrap();
    });
}
