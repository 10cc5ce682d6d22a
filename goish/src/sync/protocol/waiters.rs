//! A line of waiters: who waits, in the order of arrival, and who was served.
//!
//! A waiter has a place from its arrival until it takes the outcome or leaves. Serving it takes it
//! out of the line and leaves the place behind, marked: *that* ends the wait, and the wake-up only
//! tells its task to look. So a wake-up that is late, or meant for somebody else, ends nothing.
//!
//! The line is plain data under its protocol's lock. Places are found by index, so that one who
//! leaves from the middle costs the same as any other, and nothing is allocated for a waiter once
//! the line has been as long before. No waker's code runs in here: wakers come in cloned, and go
//! out for the caller to wake or drop when it has let go of the lock.

use std::task::Waker;

/// Where a waiter stands. Good from `push` until `look` has found it served, or `leave`.
#[derive(Debug)]
pub(super) struct Place(u32);

#[derive(Debug)]
pub(super) struct Waiters {
    places: Vec<Slot>,
    /// The first of the free places, which are chained by `next`.
    free: u32,
    first: u32,
    last: u32,
    /// How many places are not free.
    taken: u32,
}

#[derive(Debug)]
struct Slot {
    state: State,
    previous: u32,
    next: u32,
}

#[derive(Debug)]
enum State {
    Free,
    Waiting(Waker),
    /// In line, and asked to look.
    Woken,
    /// Out of the line, `alone` or as one of all.
    Served {
        alone: bool,
    },
}

/// No place.
const NONE: u32 = u32::MAX;

/// So many places are kept when nobody waits any more; a longer line is given back.
const KEPT: usize = 16;

/// What a waiter finds when it looks.
#[derive(Debug)]
pub(super) enum Look {
    /// It waits on. This is the waker that was replaced, to be dropped outside the lock.
    Waiting(#[expect(dead_code, reason = "it is only dropped")] Waker),
    /// It was asked to look, and waits on.
    Woken,
    /// It was served, and has no place any more.
    Served,
}

/// What a waiter leaves behind when it gives up.
#[derive(Debug)]
pub(super) enum Left {
    /// It was still waiting. Its waker is to be dropped outside the lock.
    Waiting(#[expect(dead_code, reason = "it is only dropped")] Waker),
    /// It was asked to look, and did not.
    Woken,
    /// It was served, and did not see it.
    Served {
        /// Nobody else was served with it.
        alone: bool,
    },
}

impl Waiters {
    pub(super) const fn new() -> Self {
        Self {
            places: Vec::new(),
            free: NONE,
            first: NONE,
            last: NONE,
            taken: 0,
        }
    }

    /// Whether nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.first == NONE
    }

    /// Whether exactly one waits.
    pub(super) fn is_one(&self) -> bool {
        self.first != NONE && self.first == self.last
    }

    /// Stands in line.
    pub(super) fn push(&mut self, waker: Waker) -> Place {
        let slot = Slot {
            state: State::Waiting(waker),
            previous: self.last,
            next: NONE,
        };
        let index = self.free;
        let index = if index == NONE {
            let index = u32::try_from(self.places.len()).unwrap_or(NONE);
            assert!(index != NONE, "more goroutines wait than have a number");
            self.places.push(slot);
            index
        } else {
            self.free = self.slot(index).next;
            *self.slot(index) = slot;
            index
        };
        match self.last {
            NONE => self.first = index,
            last => self.slot(last).next = index,
        }
        self.last = index;
        self.taken += 1;
        Place(index)
    }

    /// Has the one who has waited longest look. It stays where it is.
    pub(super) fn wake_first(&mut self) -> Option<Waker> {
        let index = self.first;
        if index == NONE {
            return None;
        }
        match std::mem::replace(&mut self.slot(index).state, State::Woken) {
            State::Waiting(waker) => Some(waker),
            State::Woken => None,
            State::Free | State::Served { .. } => unreachable!("who stands in line waits"),
        }
    }

    /// Serves who has waited longest, and hands its waker out.
    pub(super) fn serve_first(&mut self) -> Option<Waker> {
        self.serve(true)
    }

    /// Serves everybody, and hands their wakers out. Comes back with how many that were.
    pub(super) fn serve_all(&mut self) -> (usize, Wakes) {
        let mut wakes = Vec::with_capacity(self.taken as usize);
        let mut served = 0;
        while !self.is_empty() {
            served += 1;
            wakes.extend(self.serve(false));
        }
        (served, Wakes(wakes.into_iter()))
    }

    fn serve(&mut self, alone: bool) -> Option<Waker> {
        let index = self.first;
        if index == NONE {
            return None;
        }
        self.unlink(index);
        match std::mem::replace(&mut self.slot(index).state, State::Served { alone }) {
            State::Waiting(waker) => Some(waker),
            State::Woken => None,
            State::Free | State::Served { .. } => unreachable!("who stands in line waits"),
        }
    }

    /// Whether the waiter was served, which ends its wait. If not, it is woken by this waker from
    /// now on.
    pub(super) fn look(&mut self, place: &Place, waker: Waker) -> Look {
        match &mut self.slot(place.0).state {
            State::Waiting(old) => Look::Waiting(std::mem::replace(old, waker)),
            state @ State::Woken => {
                *state = State::Waiting(waker);
                Look::Woken
            }
            State::Served { .. } => {
                self.give_back(place.0);
                Look::Served
            }
            State::Free => unreachable!("a waiter has its place until it leaves"),
        }
    }

    /// Gives up.
    pub(super) fn leave(&mut self, place: &Place) -> Left {
        if matches!(self.slot(place.0).state, State::Waiting(_) | State::Woken) {
            self.unlink(place.0);
        }
        match self.give_back(place.0) {
            State::Waiting(waker) => Left::Waiting(waker),
            State::Woken => Left::Woken,
            State::Served { alone } => Left::Served { alone },
            State::Free => unreachable!("a waiter has its place until it leaves"),
        }
    }

    fn slot(&mut self, index: u32) -> &mut Slot {
        &mut self.places[index as usize]
    }

    fn unlink(&mut self, index: u32) {
        let Slot { previous, next, .. } = *self.slot(index);
        match previous {
            NONE => self.first = next,
            previous => self.slot(previous).next = next,
        }
        match next {
            NONE => self.last = previous,
            next => self.slot(next).previous = previous,
        }
    }

    fn give_back(&mut self, index: u32) -> State {
        let free = self.free;
        let slot = self.slot(index);
        slot.next = free;
        let state = std::mem::replace(&mut slot.state, State::Free);
        self.free = index;
        self.taken -= 1;
        if self.taken == 0 && self.places.len() > KEPT {
            *self = Self::new();
        }
        state
    }
}

/// Wakers of waiters that were served. All are woken, also when one of them panics.
#[must_use = "whoever was served does not know yet"]
pub(super) struct Wakes(std::vec::IntoIter<Waker>);

impl Wakes {
    pub(super) fn wake(mut self) {
        self.wake_each();
    }

    fn wake_each(&mut self) {
        for waker in &mut self.0 {
            waker.wake();
        }
    }
}

impl Drop for Wakes {
    fn drop(&mut self) {
        self.wake_each();
    }
}
