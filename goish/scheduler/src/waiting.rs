//! A thread that waits for a future.
//!
//! It waits a moment before it sleeps: two plain functions that hand a message to and fro would
//! otherwise put a thread to sleep and wake it for each, which costs some ten times what the rest of
//! it does. Where that was in vain, because the other takes longer or has no processor, the thread
//! goes without for some waits, twice as many each time.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::hint::spin_loop;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::runtime;

/// How long it waits before it sleeps: about what a sleep and a wake-up cost.
const MOMENT: Duration = Duration::from_micros(20);

/// For so many waits it goes without at most, after moments that were in vain.
const MOST_WITHOUT: u32 = 255;

/// How many threads wait like this now. More than there are processors would only keep each other
/// from what they wait for.
static WAITING: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// Kept for the next wait: a waker is an allocation.
    static SIGNAL: RefCell<Option<(Arc<Signal>, Waker)>> = const { RefCell::new(None) };
    static PATIENCE: Cell<Patience> = const { Cell::new(Patience { without: 0, left: 0 }) };
}

/// Whether a moment is worth it.
#[derive(Clone, Copy)]
struct Patience {
    /// For how many waits the thread goes without after the last moment that was in vain.
    without: u32,
    /// How many of them are left.
    left: u32,
}

impl Patience {
    /// Whether the thread waits a moment this time.
    fn try_now(&mut self) -> bool {
        let now = self.left == 0;
        self.left = self.left.saturating_sub(1);
        now
    }

    fn learn(&mut self, was_in_vain: bool) {
        self.without = if was_in_vain {
            MOST_WITHOUT.min(2 * self.without + 1)
        } else {
            0
        };
        self.left = self.without;
    }
}

/// What wakes this thread.
struct Signal {
    is_given: AtomicBool,
    thread: Thread,
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // `Release`: what was done before is seen by the thread that polls again.
        if !self.is_given.swap(true, Ordering::Release) {
            self.thread.unpark();
        }
    }
}

impl Signal {
    fn take(&self) -> bool {
        self.is_given.load(Ordering::Relaxed) && self.is_given.swap(false, Ordering::Acquire)
    }

    /// Waits until it is given, and sleeps for that.
    fn sleep(&self) {
        while !self.take() {
            thread::park();
        }
    }

    /// Waits until it is given, a moment at most, or until somebody wants what this thread has.
    fn wait(&self, is_wanted: &impl Fn() -> bool) -> bool {
        let mut patience = PATIENCE.get();
        if !patience.try_now() {
            PATIENCE.set(patience);
            return false;
        }
        let others = WAITING.fetch_add(1, Ordering::Relaxed);
        let end = Instant::now() + MOMENT;
        let mut is_given = false;
        while others < processors() && !is_given && !is_wanted() && Instant::now() < end {
            spin_loop();
            is_given = self.take();
        }
        WAITING.fetch_sub(1, Ordering::Relaxed);
        patience.learn(!is_given);
        PATIENCE.set(patience);
        is_given
    }
}

/// The processors of this machine, as they were when somebody first asked.
fn processors() -> usize {
    static PROCESSORS: OnceLock<usize> = OnceLock::new();
    *PROCESSORS.get_or_init(runtime::processors)
}

/// Polls a future on this thread until it is done. In between it waits: a moment, unless `is_wanted`
/// says that somebody waits for what this thread has, and then in `blocking`, which runs what it is
/// given.
pub(crate) fn wait_for<F: Future>(
    mut future: Pin<&mut F>,
    is_wanted: impl Fn() -> bool,
    blocking: impl Fn(&dyn Fn()),
) -> F::Output {
    // A wait within a wait has a signal of its own, and so has a thread whose own values are gone.
    let kept = SIGNAL.try_with(|kept| kept.try_borrow_mut().ok()?.take());
    let (signal, waker) = kept.ok().flatten().unwrap_or_else(|| {
        let signal = Arc::new(Signal {
            is_given: AtomicBool::new(false),
            thread: thread::current(),
        });
        let waker = Waker::from(Arc::clone(&signal));
        (signal, waker)
    });
    // What is left of an earlier wait says nothing of this one.
    signal.take();
    let mut context = Context::from_waker(&waker);
    let output = loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            break output;
        }
        if signal.wait(&is_wanted) {
            continue;
        }
        blocking(&|| signal.sleep());
    };
    // Not kept if there is one: then this was a wait within a wait.
    let _ = SIGNAL.try_with(|kept| {
        if let Ok(mut kept) = kept.try_borrow_mut() {
            kept.get_or_insert((signal, waker));
        }
    });
    output
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;

    use super::*;

    #[test]
    fn a_thread_goes_without_longer_and_longer_until_a_moment_was_worth_it() {
        let mut patience = Patience {
            without: 0,
            left: 0,
        };
        let mut waits_until_next = |was_in_vain| {
            patience.learn(was_in_vain);
            (1..).find(|_| patience.try_now()).unwrap()
        };
        assert_eq!([true; 4].map(&mut waits_until_next), [2, 4, 8, 16]);
        assert_eq!(waits_until_next(false), 1);
        assert_eq!(waits_until_next(true), 2);
        assert_eq!([true; 20].map(waits_until_next)[19], 256);
    }

    /// Waits for a future that another thread completes, with a wait inside its poll.
    #[test]
    fn a_wait_within_a_wait_has_a_signal_of_its_own() {
        let mut polls = 0;
        let outer = poll_fn(|context| {
            polls += 1;
            if polls == 1 {
                let waker = context.waker().clone();
                let mut is_woken = false;
                let inner = poll_fn(|context| {
                    let inner = context.waker().clone();
                    if !std::mem::replace(&mut is_woken, true) {
                        thread::spawn(move || inner.wake());
                        return Poll::Pending;
                    }
                    Poll::Ready(())
                });
                wait_for(pin!(inner), || false, |sleep| sleep());
                waker.wake();
                return Poll::Pending;
            }
            Poll::Ready(polls)
        });
        assert_eq!(wait_for(pin!(outer), || false, |sleep| sleep()), 2);
    }

    /// A signal that was given before the wait is not lost, and one of an earlier wait is not taken.
    #[test]
    fn each_wait_is_for_its_own_signal() {
        for _ in 0..1_000 {
            let mut waker = None;
            let once = poll_fn(|context: &mut Context<'_>| {
                if waker.is_some() {
                    return Poll::Ready(());
                }
                let own = context.waker().clone();
                thread::spawn({
                    let own = own.clone();
                    move || own.wake()
                });
                waker = Some(own);
                Poll::Pending
            });
            wait_for(pin!(once), || false, |sleep| sleep());
            // Late: the next wait finds it, and polls once for nothing at the most.
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}
