//! Timers: each is woken exactly when it is due or taken out, whoever comes first.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Wake, Waker};

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::super::timers::{Alarm, Clock, NEVER, Sleep, Timers};

fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.check(model);
}

/// Counts its wakes.
struct Counter(AtomicUsize);

impl Counter {
    fn wakes(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Counter {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (std::sync::Arc<Counter>, Waker) {
    let counter = std::sync::Arc::new(Counter(AtomicUsize::new(0)));
    (counter.clone(), Waker::from(counter))
}

/// Fires everything.
fn fire(timers: &Timers) -> usize {
    timers.fire(NEVER - 1, usize::MAX)
}

/// A timer that fires while it is taken out is woken or taken out, and never both (guards that its
/// waker leaves its slot under the lock).
#[test]
fn a_timer_is_woken_or_taken_out() {
    explore(|| {
        let timers = Arc::new(Timers::new());
        let (woken, waker) = counter();
        let (key, is_first) = timers.insert(5, waker);
        assert!(is_first);
        let firing = thread::spawn({
            let timers = timers.clone();
            move || fire(&timers)
        });
        let is_removed = timers.remove(key).is_some();
        assert_eq!(firing.join().unwrap(), usize::from(!is_removed));
        assert_eq!(woken.wakes(), usize::from(!is_removed));
        assert_eq!(timers.next(), NEVER);
    });
}

/// A waker that is replaced while its timer fires: if the replacement is said to have worked, the
/// new one is woken and the old one is not; otherwise the old one (guards the second look at the
/// slot, after the waker was cloned outside the lock).
#[test]
fn a_replaced_waker_is_not_lost() {
    explore(|| {
        let timers = Arc::new(Timers::new());
        let ((stale_wakes, stale), (fresh_wakes, fresh)) = (counter(), counter());
        let (key, _) = timers.insert(5, stale);
        let firing = thread::spawn({
            let timers = timers.clone();
            move || fire(&timers)
        });
        let is_replaced = timers.replace(key, &fresh);
        assert_eq!(firing.join().unwrap(), 1);
        assert_eq!(fresh_wakes.wakes(), usize::from(is_replaced));
        assert_eq!(stale_wakes.wakes(), usize::from(!is_replaced));
    });
}

/// A timer that is entered while another fires is seen by whoever looks after that: the clock's
/// hand is never later than the earliest (guards that it is published under the lock).
#[test]
fn a_timer_is_seen_once_it_is_entered() {
    explore(|| {
        let timers = Arc::new(Timers::new());
        let ((first_wakes, first), (second_wakes, second)) = (counter(), counter());
        timers.insert(5, first);
        let firing = thread::spawn({
            let timers = timers.clone();
            move || fire(&timers)
        });
        timers.insert(7, second);
        let fired = fire(&timers);
        assert_eq!(fired + firing.join().unwrap(), 2);
        assert_eq!((first_wakes.wakes(), second_wakes.wakes()), (1, 1));
        assert_eq!(timers.next(), NEVER);
    });
}

/// A timer that is entered while the one before it fires: who fires sees it when he looks what comes
/// next, or who enters it is told that it is the earliest (guards that this is found out under the
/// lock that enters it).
#[test]
fn a_timer_is_seen_or_told_of() {
    explore(|| {
        let timers = Arc::new(Timers::new());
        timers.insert(3, counter().1);
        let firing = thread::spawn({
            let timers = timers.clone();
            move || {
                timers.fire(4, usize::MAX);
                timers.next()
            }
        });
        let (_, is_first) = timers.insert(5, counter().1);
        let seen = firing.join().unwrap();
        assert!(seen == 5 || is_first);
    });
}

loom::lazy_static! {
    static ref TIMERS: Timers = Timers::new();
    static ref TIME: AtomicUsize = AtomicUsize::new(0);
    static ref CALLED_FOR: AtomicUsize = AtomicUsize::new(0);
}

/// A clock that stands still until it is told to go on.
struct Modelled;

impl Clock for Modelled {
    fn now() -> u64 {
        TIME.load(Ordering::SeqCst) as u64
    }

    fn timers() -> &'static Timers {
        &TIMERS
    }

    fn wake_for(_: u64) {
        CALLED_FOR.fetch_add(1, Ordering::SeqCst);
    }
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// Passes the time and fires what is due.
fn pass_time() -> thread::JoinHandle<()> {
    thread::spawn(|| {
        TIME.store(10, Ordering::SeqCst);
        Modelled::timers().fire(10, usize::MAX);
    })
}

/// A sleep that is polled while its time comes: it sees the time, or is woken, if need be by somebody
/// whom it has called for (guards that it calls for somebody when it is the earliest).
#[test]
fn a_sleep_ends() {
    explore(|| {
        let passing = pass_time();
        let firing = thread::spawn(|| {
            // The worker that is called for when the deadline is earlier than what it waits for.
            while CALLED_FOR.load(Ordering::SeqCst) == 0 {
                if TIME.load(Ordering::SeqCst) == 100 {
                    return;
                }
                thread::yield_now();
            }
            while TIME.load(Ordering::SeqCst) < 10 {
                thread::yield_now();
            }
            Modelled::timers().fire(10, usize::MAX);
        });
        block_on(Sleep::<Modelled>::until(10));
        passing.join().unwrap();
        TIME.store(100, Ordering::SeqCst);
        firing.join().unwrap();
        assert_eq!(Modelled::timers().next(), NEVER);
    });
}

/// A sleep that is polled by another task while it fires: it sees the time, or wakes that task
/// (guards that a poll replaces the waker).
#[test]
fn a_sleep_wakes_who_polled_it_last() {
    explore(|| {
        let ((_, stale), (wakes, fresh)) = (counter(), counter());
        let mut sleep = pin!(Sleep::<Modelled>::until(10));
        assert!(poll_once(sleep.as_mut(), &stale).is_pending());
        let passing = pass_time();
        let is_over = poll_once(sleep.as_mut(), &fresh).is_ready();
        passing.join().unwrap();
        // What was entered anew when it had fired is due at once.
        Modelled::timers().fire(10, usize::MAX);
        assert!(is_over || wakes.wakes() == 1);
        assert!(poll_once(sleep.as_mut(), &fresh).is_ready());
    });
}

/// Alarms that are dropped while they fire or before, and a sleep beside them that is not (guards that a drop takes
/// out its own timer, and nothing else).
#[test]
fn a_dropped_alarm_leaves_nothing_behind() {
    explore(|| {
        let ((dropped_wakes, dropped), (wakes, kept)) = (counter(), counter());
        let later = Alarm::<Modelled>::at(20, dropped.clone());
        let alarm = Alarm::<Modelled>::at(9, dropped);
        let mut sleep = Box::pin(Sleep::<Modelled>::until(10));
        assert!(poll_once(sleep.as_mut(), &kept).is_pending());
        let passing = pass_time();
        drop((alarm, later));
        passing.join().unwrap();
        assert!(dropped_wakes.wakes() <= 1);
        assert_eq!(wakes.wakes(), 1);
        assert_eq!(std::sync::Arc::strong_count(&dropped_wakes), 1);
        assert_eq!(Modelled::timers().next(), NEVER);
    });
}
