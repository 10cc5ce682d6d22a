//! What became of every value.

use std::fmt;
use std::ops::AddAssign;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

/// What the sender was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Told {
    /// Nothing: it was never sent.
    Nothing,
    /// That it was sent.
    Sent,
    /// That it was not: it came back, or its select committed another case.
    NotSent,
    /// Nothing, because the sender gave up: it may have been sent or not.
    GaveUp,
}

/// One value's record.
#[derive(Default)]
struct Entry {
    told: AtomicU8,
    delivered: AtomicU8,
    dropped: AtomicU8,
}

/// The record of a round.
pub(crate) struct Ledger {
    entries: Vec<Entry>,
    values: usize,
}

impl Ledger {
    pub(crate) fn new(senders: usize, values: usize) -> Arc<Self> {
        let entries = (0..senders * values).map(|_| Entry::default()).collect();
        Arc::new(Self { entries, values })
    }

    pub(crate) fn make(self: &Arc<Self>, sender: usize, number: usize) -> Value {
        assert!(number < self.values);
        Value {
            ledger: Arc::clone(self),
            index: sender * self.values + number,
        }
    }

    pub(crate) fn tell(&self, sender: usize, number: usize, told: Told) {
        let entry = &self.entries[sender * self.values + number];
        entry.told.store(told as u8, Ordering::Relaxed);
    }

    /// Checks every value, after everybody is done and every channel is gone.
    pub(crate) fn check(&self) -> Tally {
        let mut tally = Tally::default();
        for (index, entry) in self.entries.iter().enumerate() {
            let told = entry.told.load(Ordering::Relaxed);
            let delivered = entry.delivered.load(Ordering::Relaxed);
            let dropped = entry.dropped.load(Ordering::Relaxed);
            let what = || {
                let (sender, number) = (index / self.values, index % self.values);
                format!("value {number} of sender {sender}: told {told}, delivered {delivered}")
            };
            let right = match told {
                told if told == Told::Sent as u8 => delivered == 1,
                told if told == Told::GaveUp as u8 => delivered <= 1,
                _ => delivered == 0,
            };
            assert!(right, "lost or delivered twice: {}", what());
            if told == Told::Nothing as u8 {
                assert_eq!(dropped, 0, "{}", what());
                continue;
            }
            assert_eq!(dropped, 1, "dropped not once: {}", what());
            tally.values += 1;
            tally.delivered += u64::from(delivered);
            tally.given_up += u64::from(told == Told::GaveUp as u8);
        }
        tally
    }
}

/// A value that records its drop.
pub(crate) struct Value {
    ledger: Arc<Ledger>,
    index: usize,
}

impl Value {
    /// Records that it was received; comes back with its sender and its number.
    pub(crate) fn deliver(self) -> (usize, usize) {
        let entry = &self.ledger.entries[self.index];
        entry.delivered.fetch_add(1, Ordering::Relaxed);
        (
            self.index / self.ledger.values,
            self.index % self.ledger.values,
        )
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        let entry = &self.ledger.entries[self.index];
        entry.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

/// What a run came to.
#[derive(Default)]
pub(crate) struct Tally {
    values: u64,
    delivered: u64,
    given_up: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.values += other.values;
        self.delivered += other.delivered;
        self.given_up += other.given_up;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally {
            values,
            delivered,
            given_up,
        } = self;
        write!(
            f,
            "{values} values, {delivered} delivered, {given_up} sends given up"
        )
    }
}
