//! Many readers or one writer, without what is guarded.
//!
//! As in Go: writers keep one another out by an [`Exclusion`], and the one who has it says so in the
//! word. From then on no further reader comes in; the writer waits until those who are in have
//! left. When it is done, all readers that came meanwhile go in at once, before the next writer.
//!
//! The word holds the readers that are in and two bits, and decides:
//!
//! 1. `WRITER` is set and taken back by the one who owns `writers`. A reader is in when it was
//!    counted in a step that sees `WRITER` not set, or by the writer in the step that takes
//!    `WRITER` back. The writer is in when it sees no readers, with `WRITER` set.
//! 2. A reader counts itself first and looks at what was there then. If a writer was, it takes
//!    itself back as if it had been in: the writer may see one reader too many for a moment, and
//!    is woken by the step back.
//! 3. `READERS_WAIT` is set exactly while readers stand in line. They do only while `WRITER` is set,
//!    and it is taken back without the lock of the line only if `READERS_WAIT` is not set.
//! 4. The last reader that leaves and sees `WRITER` wakes the writer, under the lock of the line
//!    under which the writer looks at the word before it waits. The wake-up is a hint: the writer
//!    looks again.

use std::future::Future;
use std::pin::Pin;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker, ready};

use super::exclusion::{Exclusion, Locking, Owned};
use super::primitives::{AtomicUsize, LOOKS, Mutex, PAUSES, const_unless_modelled, spin_loop};
use super::waiters::{Left, Look, Place, Waiters};

#[derive(Debug)]
pub(crate) struct Sharing {
    word: AtomicUsize,
    writers: Exclusion,
    line: Mutex<Line>,
}

#[derive(Debug)]
struct Line {
    readers: Waiters,
    /// The one writer that waits for the readers to leave.
    writer: Option<Waker>,
}

/// A writer is in, or waits for the readers to leave.
const WRITER: usize = 1;
/// Readers stand in line.
const READERS_WAIT: usize = 2;
/// One reader.
const READER: usize = 4;

impl Default for Sharing {
    fn default() -> Self {
        Self::new()
    }
}

impl Sharing {
    const_unless_modelled! {
        pub(crate) fn new() -> Self {
            Self {
                word: AtomicUsize::new(0),
                writers: Exclusion::new(),
                line: Mutex::new(Line {
                    readers: Waiters::new(),
                    writer: None,
                }),
            }
        }
    }

    /// Goes in as a reader, if no writer is in or waits.
    #[inline]
    pub(crate) fn try_read(&self) -> Option<Reading<'_>> {
        let counted = (self.word).fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
            (word & WRITER == 0).then_some(word + READER)
        });
        // Made only if it was counted: its drop counts it out.
        counted.ok().map(|_| Reading(self))
    }

    /// Goes in as a reader.
    #[inline]
    pub(crate) fn read(&self) -> Entering<'_> {
        Entering {
            lock: self,
            place: None,
        }
    }

    /// Goes in as a reader in one step, or not at all. A writer may wait a moment longer for it.
    #[inline]
    pub(crate) fn count_in(&self) -> Option<Reading<'_>> {
        let before = self.word.fetch_add(READER, Ordering::AcqRel);
        // Taken back by its drop.
        let reading = Reading(self);
        (before & WRITER == 0).then_some(reading)
    }

    /// Looks for a moment whether the word becomes so, before somebody waits for it: most locks are
    /// held for less.
    fn look_until(&self, is_so: impl Fn(usize) -> bool) {
        let _ = (0..LOOKS).any(|_| {
            (0..PAUSES).for_each(|_| spin_loop());
            is_so(self.word.load(Ordering::Relaxed))
        });
    }

    /// Goes in as the writer, if nobody is in.
    pub(crate) fn try_write(&self) -> Option<Writing<'_>> {
        let owned = self.writers.try_lock()?;
        (self.word)
            .compare_exchange(0, WRITER, Ordering::AcqRel, Ordering::Relaxed)
            .ok()?;
        Some(Writing {
            lock: self,
            _owned: owned,
        })
    }

    /// Goes in as the writer.
    pub(crate) fn write(&self) -> Closing<'_> {
        Closing {
            step: Step::Locking(self, self.writers.lock()),
        }
    }

    #[inline]
    fn leave_as_reader(&self) {
        let word = self.word.fetch_sub(READER, Ordering::AcqRel) - READER;
        if word & WRITER != 0 && word < READER {
            self.wake_writer();
        }
    }

    #[cold]
    fn wake_writer(&self) {
        let writer = self.line().writer.take();
        writer.into_iter().for_each(Waker::wake);
    }

    #[inline]
    fn leave_as_writer(&self) {
        let left = (self.word).compare_exchange(WRITER, 0, Ordering::AcqRel, Ordering::Relaxed);
        if left.is_err() {
            self.let_readers_in();
        }
    }

    #[cold]
    fn let_readers_in(&self) {
        let mut line = self.line();
        let mut gone = WRITER;
        if !line.readers.is_empty() {
            gone |= READERS_WAIT;
        }
        let (served, wakes) = line.readers.serve_all();
        // Counted in by the step that takes `WRITER` back: the next writer must find them.
        let change = (served * READER).wrapping_sub(gone);
        self.word.fetch_add(change, Ordering::AcqRel);
        let writer = line.writer.take();
        drop(line);
        drop(writer);
        wakes.wake();
    }

    fn line(&self) -> impl std::ops::DerefMut<Target = Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reader is in. Dropping this lets it out.
#[derive(Debug)]
#[must_use = "it is unlocked as soon as this is dropped"]
pub(crate) struct Reading<'a>(&'a Sharing);

impl<'a> Reading<'a> {
    /// What was locked.
    pub(crate) fn lock(&self) -> &'a Sharing {
        self.0
    }
}

impl Drop for Reading<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.leave_as_reader();
    }
}

/// A writer is in, or waits for the readers to leave. Dropping this lets it out.
#[derive(Debug)]
#[must_use = "it is unlocked as soon as this is dropped"]
pub(crate) struct Writing<'a> {
    lock: &'a Sharing,
    /// Given back after `WRITER` was.
    _owned: Owned<'a>,
}

impl<'a> Writing<'a> {
    /// What was locked.
    pub(crate) fn lock(&self) -> &'a Sharing {
        self.lock
    }
}

impl Drop for Writing<'_> {
    #[inline]
    fn drop(&mut self) {
        self.lock.leave_as_writer();
    }
}

/// The future of [`Sharing::read`]. Dropping it passes on what it was given.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Entering<'a> {
    lock: &'a Sharing,
    /// While it stands in line.
    place: Option<Place>,
}

impl<'a> Entering<'a> {
    #[cold]
    fn stand_in_line(&mut self, context: &mut Context<'_>) -> Poll<Reading<'a>> {
        let lock = self.lock;
        lock.look_until(|word| word & WRITER == 0);
        let waker = context.waker().clone();
        let mut line = lock.line();
        let before = (lock.word).fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
            let next = if word & WRITER == 0 {
                word + READER
            } else {
                word | READERS_WAIT
            };
            Some(next)
        });
        if before.is_ok_and(|word| word & WRITER == 0) {
            drop(line);
            return Poll::Ready(Reading(lock));
        }
        self.place = Some(line.readers.push(waker));
        Poll::Pending
    }
}

impl<'a> Future for Entering<'a> {
    type Output = Reading<'a>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Reading<'a>> {
        let lock = self.lock;
        let Some(place) = &self.place else {
            if let Some(reading) = lock.count_in() {
                return Poll::Ready(reading);
            }
            return self.stand_in_line(context);
        };
        let waker = context.waker().clone();
        let look = lock.line().readers.look(place, waker);
        if let Look::Served = look {
            self.place = None;
            return Poll::Ready(Reading(lock));
        }
        Poll::Pending
    }
}

impl Drop for Entering<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            self.lock.leave_line(&place);
        }
    }
}

impl Sharing {
    /// Gives a reader's place up, and passes on what came with it.
    #[cold]
    fn leave_line(&self, place: &Place) {
        let mut line = self.line();
        let left = line.readers.leave(place);
        if let Left::Served { .. } = left {
            drop(line);
            return self.leave_as_reader();
        }
        if line.readers.is_empty() {
            self.word.fetch_and(!READERS_WAIT, Ordering::Relaxed);
        }
        drop(line);
        drop(left);
    }
}

/// The future of [`Sharing::write`]. Dropping it passes on what it was given.
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub(crate) struct Closing<'a> {
    step: Step<'a>,
}

#[derive(Debug)]
enum Step<'a> {
    /// Waits for the other writers.
    Locking(&'a Sharing, Locking<'a>),
    /// Waits for the readers to leave.
    Announced(Writing<'a>),
    Over,
}

impl<'a> Future for Closing<'a> {
    type Output = Writing<'a>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Writing<'a>> {
        if let Step::Locking(lock, locking) = &mut self.step {
            let lock = *lock;
            let owned = ready!(Pin::new(locking).poll(context));
            let before = lock.word.fetch_or(WRITER, Ordering::AcqRel);
            let writing = Writing {
                lock,
                _owned: owned,
            };
            if before < READER {
                self.step = Step::Over;
                return Poll::Ready(writing);
            }
            lock.look_until(|word| word < READER);
            self.step = Step::Announced(writing);
        }
        let Step::Announced(writing) = &self.step else {
            panic!("a lock that was given is polled for again");
        };
        let waker = context.waker().clone();
        let mut line = writing.lock.line();
        if writing.lock.word.load(Ordering::Acquire) >= READER {
            let replaced = line.writer.replace(waker);
            drop(line);
            drop(replaced);
            return Poll::Pending;
        }
        let replaced = line.writer.take();
        drop(line);
        drop((replaced, waker));
        match std::mem::replace(&mut self.step, Step::Over) {
            Step::Announced(writing) => Poll::Ready(writing),
            Step::Locking(..) | Step::Over => unreachable!("it was announced a moment ago"),
        }
    }
}
