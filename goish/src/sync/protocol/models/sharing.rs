//! Many readers or one writer.

use std::pin::pin;

use loom::cell::UnsafeCell;
use loom::future::block_on;

use super::*;
use crate::sync::protocol::sharing::Sharing;

/// What is guarded, in loom's cell, which fails the model when a writer is not alone.
struct Guarded {
    lock: Sharing,
    value: UnsafeCell<usize>,
}

impl Guarded {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            lock: Sharing::new(),
            value: UnsafeCell::new(0),
        })
    }

    fn value(&self) -> usize {
        // SAFETY: the caller is in; whether that is enough is what the model asks.
        self.value.with(|value| unsafe { *value })
    }

    fn add_one(&self) {
        // SAFETY: as above.
        self.value.with_mut(|value| unsafe { *value += 1 });
    }

    fn read(&self) {
        let reading = block_on(self.lock.read());
        self.value();
        drop(reading);
    }

    fn write(&self) {
        let writing = block_on(self.lock.write());
        self.add_one();
        drop(writing);
    }

    fn is_free(&self) -> bool {
        self.lock.try_write().is_some()
    }
}

/// Guards: the last reader wakes the writer, the writer lets the readers in, and the writer is
/// alone.
#[test]
fn a_writer_and_a_reader_take_turns() {
    explore(|| {
        let guarded = Guarded::new();
        let writer = {
            let guarded = guarded.clone();
            thread::spawn(move || guarded.write())
        };
        guarded.read();
        guarded.read();
        writer.join().unwrap();
        assert_eq!(guarded.value(), 1);
        assert!(guarded.is_free());
    });
}

/// Guards: readers that were let in are seen by the next writer.
#[test]
fn two_writers_and_a_reader_take_turns() {
    explore(|| {
        let guarded = Guarded::new();
        let reader = {
            let guarded = guarded.clone();
            thread::spawn(move || guarded.read())
        };
        let writer = {
            let guarded = guarded.clone();
            thread::spawn(move || guarded.write())
        };
        guarded.write();
        reader.join().unwrap();
        writer.join().unwrap();
        assert_eq!(guarded.value(), 2);
        assert!(guarded.is_free());
    });
}

/// Guards: a reader that found a writer and took itself back wakes it.
#[test]
fn a_reader_in_vain_does_not_keep_the_writer_out() {
    explore(|| {
        let guarded = Guarded::new();
        let reading = guarded.lock.try_read().unwrap();
        let other = {
            let guarded = guarded.clone();
            thread::spawn(move || drop(guarded.lock.count_in()))
        };
        let writer = {
            let guarded = guarded.clone();
            thread::spawn(move || guarded.write())
        };
        drop(reading);
        other.join().unwrap();
        writer.join().unwrap();
        assert!(guarded.is_free());
    });
}

/// Guards: a writer that gives up lets those in whom it kept out.
#[test]
fn a_writer_that_leaves_lets_the_readers_in() {
    explore(|| {
        let guarded = Guarded::new();
        let reading = guarded.lock.try_read().unwrap();
        let reader = {
            let guarded = guarded.clone();
            thread::spawn(move || guarded.read())
        };
        {
            let mut writes = pin!(guarded.lock.write());
            assert!(poll_once(writes.as_mut(), Waker::noop()).is_pending());
            assert!(guarded.lock.try_read().is_none(), "a writer waits");
        }
        reader.join().unwrap();
        drop(reading);
        assert!(guarded.is_free());
    });
}

/// Guards: a reader that was let in, and leaves without a look, is no longer in.
#[test]
fn a_reader_that_leaves_is_not_in() {
    explore(|| {
        let guarded = Guarded::new();
        let writer = {
            let guarded = guarded.clone();
            thread::spawn(move || guarded.write())
        };
        {
            let mut reads = pin!(guarded.lock.read());
            let _ = poll_once(reads.as_mut(), Waker::noop());
        }
        writer.join().unwrap();
        assert!(guarded.is_free());
    });
}
