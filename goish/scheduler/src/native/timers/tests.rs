//! One thread and a clock that is set by hand.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use proptest::prelude::*;

use super::*;

thread_local! {
    static TIME: Cell<u64> = const { Cell::new(0) };
    static TIMERS: &'static Timers = Box::leak(Box::new(Timers::new()));
    static CALLED_FOR: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// A clock and timers for each test, which runs on a thread of its own.
struct Fake;

impl Clock for Fake {
    fn now() -> u64 {
        TIME.get()
    }

    fn timers() -> &'static Timers {
        TIMERS.with(|timers| *timers)
    }

    fn wake_for(deadline: u64) {
        CALLED_FOR.with_borrow_mut(|calls| calls.push(deadline));
    }
}

fn pass_time_to(now: u64) -> usize {
    TIME.set(now);
    Fake::timers().fire(now, usize::MAX)
}

/// Does something when it is woken.
struct OnWake<F>(F);

impl<F: Fn() + Send + Sync + 'static> Wake for OnWake<F> {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

fn on_wake(action: impl Fn() + Send + Sync + 'static) -> Waker {
    Waker::from(Arc::new(OnWake(action)))
}

fn counter() -> (Arc<AtomicUsize>, Waker) {
    let wakes = Arc::new(AtomicUsize::new(0));
    let counted = wakes.clone();
    let waker = on_wake(move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    (wakes, waker)
}

fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

#[test]
fn what_is_due_fires_in_order_and_the_rest_stays() {
    let timers = Timers::new();
    assert_eq!(timers.next(), NEVER);
    let fired = Arc::new(Mutex::new(Vec::new()));
    for (deadline, is_first) in [(30, true), (10, true), (20, false), (5, true), (40, false)] {
        let fired = fired.clone();
        let waker = on_wake(move || fired.lock().unwrap().push(deadline));
        assert_eq!(timers.insert(deadline, waker).1, is_first, "{deadline}");
    }
    assert_eq!(timers.next(), 5);
    assert_eq!(timers.fire(4, usize::MAX), 0);
    assert_eq!(timers.fire(30, 2), 2);
    assert_eq!(timers.next(), 20);
    assert_eq!(timers.fire(30, usize::MAX), 2);
    assert_eq!(*fired.lock().unwrap(), [5, 10, 20, 30]);
    assert_eq!(timers.next(), 40);
    assert_eq!(timers.fire(NEVER, usize::MAX), 1);
    assert_eq!(timers.next(), NEVER);
}

#[test]
fn a_key_is_good_for_its_own_timer_alone() {
    let timers = Timers::new();
    let (wakes, waker) = counter();
    let (fired, _) = timers.insert(1, waker.clone());
    timers.fire(1, usize::MAX);
    // It gets the slot of the one that has fired.
    let (live, _) = timers.insert(2, waker.clone());
    assert!(timers.remove(fired).is_none());
    assert!(!timers.replace(fired, Waker::noop()));
    assert!(timers.replace(live, &waker));
    let (_, other) = counter();
    assert!(timers.replace(live, &other));
    let removed = timers.remove(live);
    assert!(removed.is_some_and(|waker| waker.will_wake(&other)));
    assert!(timers.remove(live).is_none());
    assert_eq!(timers.fire(NEVER, usize::MAX), 0);
    assert_eq!(wakes.load(Ordering::Relaxed), 1);
}

#[test]
fn never_is_as_late_as_can_be() {
    let timers = Timers::new();
    let (key, is_first) = timers.insert(NEVER, Waker::noop().clone());
    assert!(is_first && timers.next() < NEVER);
    assert!(timers.remove(key).is_some());
}

#[test]
fn a_waker_may_work_on_the_timers() {
    let timers = Fake::timers();
    let (wakes, counted) = counter();
    let (doomed, _) = timers.insert(1000, Waker::noop().clone());
    let waker = on_wake(move || {
        assert!(timers.remove(doomed).is_some());
        // One that is due already, and one that is not.
        timers.insert(1, counted.clone());
        timers.insert(2000, counted.clone());
        timers.fire(1, usize::MAX);
    });
    timers.insert(10, waker);
    assert_eq!(timers.fire(10, usize::MAX), 1);
    assert_eq!(wakes.load(Ordering::Relaxed), 1);
    assert_eq!(timers.next(), 2000);
}

#[test]
fn a_limit_ends_a_waker_that_always_enters_another() {
    fn again(timers: &'static Timers) -> Waker {
        on_wake(move || {
            timers.insert(0, again(timers));
        })
    }
    let timers = Fake::timers();
    timers.insert(0, again(timers));
    assert_eq!(timers.fire(0, 100), 100);
}

#[test]
fn a_waker_that_panics_takes_no_other_with_it() {
    let timers = Timers::new();
    let (wakes, waker) = counter();
    for deadline in 0..100 {
        if deadline % 10 == 3 {
            timers.insert(deadline, on_wake(|| std::panic::panic_any("a waker's")));
        } else {
            timers.insert(deadline, waker.clone());
        }
    }
    let mut panics = 0;
    while timers.next() < NEVER {
        let fired = catch_unwind(AssertUnwindSafe(|| timers.fire(99, usize::MAX)));
        panics += usize::from(fired.is_err_and(|payload| payload.is::<&str>()));
    }
    assert!(panics > 0);
    assert_eq!(wakes.load(Ordering::Relaxed), 90);
}

#[test]
fn memory_is_given_back_after_a_peak() {
    let timers = Timers::new();
    // Some that stay, strewn over the whole peak.
    let mut stay = Vec::new();
    let mut go = Vec::new();
    for n in 0..100_000_u64 {
        let (key, _) = timers.insert(1_000_000 - n, Waker::noop().clone());
        if n % 10_000 == 0 {
            stay.push(key)
        } else {
            go.push(key)
        }
    }
    let peak = timers.locked(|state| state.kept());
    go.into_iter().for_each(|key| drop(timers.remove(key)));
    assert!(timers.locked(|state| state.kept()) < peak / 50);
    assert!(stay.into_iter().all(|key| timers.remove(key).is_some()));
    assert!(timers.locked(|state| state.kept()) < peak / 100);
    for n in 0..100_000 {
        timers.insert(n, Waker::noop().clone());
    }
    assert_eq!(timers.fire(NEVER, usize::MAX), 100_000);
    assert!(timers.locked(|state| state.kept()) < peak / 100);
}

#[test]
fn a_sleep_ends_at_its_deadline_and_not_before() {
    let (wakes, waker) = counter();
    let mut sleep = pin!(Sleep::<Fake>::until(10));
    assert!(poll_once(sleep.as_mut(), &waker).is_pending());
    assert!(poll_once(sleep.as_mut(), &waker).is_pending());
    assert_eq!(pass_time_to(9), 0);
    assert_eq!(pass_time_to(10), 1);
    assert_eq!(wakes.load(Ordering::Relaxed), 1);
    assert!(poll_once(sleep.as_mut(), &waker).is_ready());
    assert_eq!(CALLED_FOR.take(), [10]);
}

#[test]
fn a_sleep_whose_time_has_passed_is_not_entered() {
    TIME.set(10);
    assert!(poll_once(pin!(Sleep::<Fake>::until(10)), Waker::noop()).is_ready());
    assert_eq!(Fake::timers().next(), NEVER);
    assert!(CALLED_FOR.take().is_empty());
}

#[test]
fn a_wake_up_is_a_hint_and_the_clock_decides() {
    let (wakes, waker) = counter();
    let mut sleep = pin!(Sleep::<Fake>::until(10));
    assert!(poll_once(sleep.as_mut(), &waker).is_pending());
    // Fired by a thread whose clock is ahead.
    assert_eq!(Fake::timers().fire(10, usize::MAX), 1);
    assert!(poll_once(sleep.as_mut(), &waker).is_pending());
    assert_eq!(pass_time_to(10), 1);
    assert!(poll_once(sleep.as_mut(), &waker).is_ready());
    assert_eq!(wakes.load(Ordering::Relaxed), 2);
}

#[test]
fn a_sleep_wakes_who_polled_it_last_and_nobody_when_it_is_dropped() {
    let ((stale_wakes, stale), (wakes, fresh)) = (counter(), counter());
    let mut sleep = Box::pin(Sleep::<Fake>::until(10));
    assert!(poll_once(sleep.as_mut(), &stale).is_pending());
    assert!(poll_once(sleep.as_mut(), &fresh).is_pending());
    let mut dropped = Box::pin(Sleep::<Fake>::until(5));
    assert!(poll_once(dropped.as_mut(), &stale).is_pending());
    drop(dropped);
    assert_eq!(Fake::timers().next(), 10);
    assert_eq!(pass_time_to(10), 1);
    assert_eq!(stale_wakes.load(Ordering::Relaxed), 0);
    assert_eq!(wakes.load(Ordering::Relaxed), 1);
}

#[test]
fn an_alarm_wakes_once_unless_it_is_taken_back() {
    let ((early_wakes, early), (late_wakes, late)) = (counter(), counter());
    drop(Alarm::<Fake>::at(10, early));
    let _alarm = Alarm::<Fake>::at(20, late.clone());
    assert_eq!(Fake::timers().next(), 20);
    assert_eq!(pass_time_to(15), 0);
    assert_eq!(pass_time_to(20), 1);
    drop(Alarm::<Fake>::at(30, late));
    assert_eq!(Fake::timers().next(), NEVER);
    assert_eq!(early_wakes.load(Ordering::Relaxed), 0);
    assert_eq!(late_wakes.load(Ordering::Relaxed), 1);
    assert_eq!(CALLED_FOR.take(), [10, 20, 30]);
}

/// What a test does to the timers.
#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    /// The timer that was entered as the n-th, modulo how many there were.
    Remove(usize),
    Replace(usize),
    Fire {
        by: u64,
        limit: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => (0..200_u64).prop_map(Step::Insert),
        2 => (1_u64 << 20..1 << 40).prop_map(Step::Insert),
        4 => any::<usize>().prop_map(Step::Remove),
        1 => any::<usize>().prop_map(Step::Replace),
        1 => (0..100_u64, 0..80_usize).prop_map(|(by, limit)| Step::Fire { by, limit }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    /// Against a sorted list.
    #[test]
    fn timers_do_what_a_sorted_list_does(steps in prop::collection::vec(step(), 1..600)) {
        let timers = Timers::new();
        let fired = Arc::new(Mutex::new(Vec::new()));
        let waker = |name: usize| {
            let fired = fired.clone();
            on_wake(move || fired.lock().unwrap().push(name))
        };
        // (deadline, which), sorted; and the key and the deadline of each that was ever entered.
        let mut list: Vec<(u64, usize)> = Vec::new();
        let mut entered: Vec<(Key, u64)> = Vec::new();
        let mut now = 0;
        for step in steps {
            match step {
                Step::Insert(after) => {
                    let deadline = now + after;
                    let (key, is_first) = timers.insert(deadline, waker(entered.len()));
                    prop_assert_eq!(is_first, list.first().is_none_or(|first| deadline < first.0));
                    list.push((deadline, entered.len()));
                    list.sort_unstable();
                    entered.push((key, deadline));
                }
                Step::Remove(which) if !entered.is_empty() => {
                    let which = which % entered.len();
                    let (key, deadline) = entered[which];
                    let place = list.binary_search(&(deadline, which));
                    prop_assert_eq!(timers.remove(key).is_some(), place.is_ok());
                    if let Ok(place) = place {
                        list.remove(place);
                    }
                }
                Step::Replace(which) if !entered.is_empty() => {
                    let which = which % entered.len();
                    let (key, deadline) = entered[which];
                    let is_live = list.binary_search(&(deadline, which)).is_ok();
                    prop_assert_eq!(timers.replace(key, &waker(which)), is_live);
                }
                Step::Fire { by, limit } => {
                    now += by;
                    let due = list.partition_point(|entry| entry.0 <= now).min(limit);
                    prop_assert_eq!(timers.fire(now, limit), due);
                    let names = std::mem::take(&mut *fired.lock().unwrap());
                    let deadlines: Vec<_> = names.iter().map(|&name| entered[name].1).collect();
                    let expected: Vec<_> = list[..due].iter().map(|entry| entry.0).collect();
                    prop_assert_eq!(deadlines, expected);
                    // Which of several with one deadline fire first is not promised.
                    for name in names {
                        let place = list.binary_search(&(entered[name].1, name));
                        prop_assert!(place.is_ok());
                        list.remove(place.unwrap());
                    }
                }
                Step::Remove(_) | Step::Replace(_) => {}
            }
            prop_assert_eq!(timers.next(), list.first().map_or(NEVER, |first| first.0));
        }
        prop_assert_eq!(timers.fire(NEVER, usize::MAX), list.len());
        prop_assert!(timers.locked(|state| state.left_behind == 0 && state.heap.len() == 0));
    }
}
