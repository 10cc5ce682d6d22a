//! Timers and tickers: what the tests of Go's `time` package ask of them, as behaviour. None of these
//! measures how long anything took, beyond that it did not end too early.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

/// Until it has happened: the test's process is ended if it never does.
fn eventually(mut has_happened: impl FnMut() -> bool) {
    while !has_happened() {
        std::thread::yield_now();
    }
}

/// Until the clock has passed a timer of this duration that is made now.
fn pass(duration: time::Duration) {
    std::thread::sleep(duration.into());
}

on_one_and_two_workers! {
    /// TestAfterFunc.
    fn a_function_calls_itself_again() {
        fn again(left: Arc<AtomicI64>, done: Chan<()>) {
            let next = (left.clone(), done.clone());
            time::AfterFunc(time::Microsecond, move || {
                if left.fetch_sub(1, Ordering::SeqCst) > 1 {
                    again(next.0.clone(), next.1.clone());
                } else {
                    done.Send(());
                }
            });
        }
        let (left, done) = (Arc::new(AtomicI64::new(10)), chan!(()));
        again(left.clone(), done.clone());
        done.Recv();
        assert_eq!(left.load(Ordering::SeqCst), 0);
    }

    /// TestAfterStop and TestIssue5745: stopped before, a function is not called; afterwards there is
    /// nothing to stop.
    fn a_stopped_function_is_not_called() {
        let (called, never) = (chan!(int, 4), Arc::new(AtomicUsize::new(0)));
        let sender = called.clone();
        let first = time::AfterFunc(time::Millisecond, move || sender.Send(1));
        assert!(first.C.IsNil());
        let counted = never.clone();
        let second = time::AfterFunc(20 * time::Millisecond, move || {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        assert!(second.Stop() && !second.Stop());
        assert_eq!(called.Recv(), (1, true));
        assert!(!first.Stop());
        pass(30 * time::Millisecond);
        assert_eq!(never.load(Ordering::SeqCst), 0);
        // Asked for again, it is called again.
        assert!(!first.Reset(time::Millisecond));
        assert_eq!(called.Recv(), (1, true));
        // Dropping the handle takes nothing back.
        let sender = called.clone();
        drop(time::AfterFunc(time::Millisecond, move || sender.Send(2)));
        assert_eq!(called.Recv(), (2, true));
    }

    /// TestZeroTimer, and negative durations.
    fn what_is_due_at_once_is_there_at_once() {
        for duration in [0, -1, int::MIN].map(time::Duration) {
            assert!(time::NewTimer(duration).C.TryRecv().1);
            assert!(time::After(duration).Recv().1);
            select! {
                recv(time::After(duration)) => {}
                default => panic!("it was due"),
            }
            let (done, called) = (chan!(()), chan!(()));
            let sender = done.clone();
            time::AfterFunc(duration, move || sender.Send(()));
            done.Recv();
            let sender = called.clone();
            go! { time::Sleep(duration); sender.Send(()) };
            called.Recv();
        }
    }

    /// TestTimerStopStress, TestResetStop: no stale value after Stop or Reset, however late.
    fn nothing_stale_is_received() {
        let timer = time::NewTimer(time::Duration(0));
        assert!(timer.Stop(), "it was due, and nobody had received it");
        assert!(!timer.Stop());
        assert!(!timer.C.TryRecv().1);
        assert!(!timer.Reset(time::Hour));
        assert!(timer.Reset(time::Duration(0)), "the hour was not over");
        assert!(timer.Reset(time::Hour), "it was due, and nobody had received it");
        assert!(!timer.C.TryRecv().1);
        assert!(timer.Reset(time::Duration(0)));
        assert!(timer.C.Recv().1);
        assert!(!timer.C.TryRecv().1);
        assert!(!timer.Stop(), "it was received");
        // One that an alarm has sent already.
        let waiting = timer.C.clone();
        timer.Reset(time::Millisecond);
        let mut receive = Box::pin(waiting.recv());
        let (wakes, waker) = counter();
        assert!(receive.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        eventually(|| wakes.load(Ordering::SeqCst) > 0);
        // Its receiver leaves without it.
        drop(receive);
        assert!(timer.Stop());
        assert!(!timer.C.TryRecv().1);
    }

    /// TestChan's first part: lengths, capacities, and that looks see what is due.
    fn a_timers_channel_has_no_length() {
        let (timer, ticker) = (time::NewTimer(time::Hour), time::NewTicker(time::Hour));
        for c in [&timer.C, &ticker.C, &time::After(time::Duration(0))] {
            assert_eq!((c.Len(), c.Cap()), (0, 0));
            assert!(!c.IsNil());
        }
        assert!(timer.C == timer.C.clone() && timer.C != ticker.C);
        assert!(!timer.C.TryRecv().1 && !ticker.C.TryRecv().1);
        timer.Reset(time::Duration(0));
        assert_eq!((timer.C.Len(), timer.C.Cap()), (0, 0));
        assert!(timer.C.TryRecv().1);
        assert_eq!(timer.C.try_recv(), Err(goish::engine::TryRecvError::Empty));
    }

    /// TestTicker, TestTickerReset.
    fn a_ticker_ticks_until_it_is_stopped() {
        let start = time::Now();
        let ticker = time::NewTicker(2 * time::Millisecond);
        for n in 1..=5 {
            let (at, ok) = ticker.C.Recv();
            assert!(ok && at.Sub(start) >= 2 * n * time::Millisecond, "tick {n}");
        }
        ticker.Reset(time::Hour);
        assert!(!ticker.C.TryRecv().1);
        ticker.Reset(time::Millisecond);
        ticker.C.Recv();
        ticker.Stop();
        pass(5 * time::Millisecond);
        assert!(!ticker.C.TryRecv().1);
    }

    /// A slow receiver finds one tick, not all that it has missed, and then the next in step.
    fn a_slow_receiver_drops_ticks() {
        let start = time::Now();
        let ticker = time::NewTicker(10 * time::Millisecond);
        pass(35 * time::Millisecond);
        let (first, _) = ticker.C.Recv();
        let (second, _) = ticker.C.Recv();
        assert!(first.Sub(start) >= 10 * time::Millisecond);
        // The three that were missed are gone.
        assert!(second.Sub(start) >= 40 * time::Millisecond);
    }

    /// TestNewTickerLtZeroDuration, TestTickerResetLtZeroDuration, TestTick.
    fn an_interval_of_nothing_is_refused() {
        fn message(of: impl FnOnce()) -> String {
            let payload = std::panic::catch_unwind(std::panic::AssertUnwindSafe(of)).unwrap_err();
            payload.downcast_ref::<&str>().unwrap().to_string()
        }
        for interval in [0, -1].map(time::Duration) {
            assert!(time::Tick(interval).IsNil());
            let new = message(|| drop(time::NewTicker(interval)));
            assert_eq!(new, "non-positive interval for NewTicker");
            let reset = message(|| time::NewTicker(time::Hour).Reset(interval));
            assert_eq!(reset, "non-positive interval for Ticker.Reset");
        }
    }

    /// TestSleepZeroDeadlock and TestAfterEqualTimes in one: many with one deadline, and others.
    fn timers_with_equal_deadlines_all_go() {
        let done = chan!(int, 1000);
        for n in 0..1000 {
            let done = done.clone();
            go!{
                time::After((1 + n % 3) * time::Millisecond).Recv();
                done.Send(n);
            };
        }
        let sum: int = (0..1000).map(|_| done.Recv().0).sum();
        assert_eq!(sum, 499_500);
    }

    /// Several that wait on one ticker are all served, also when the others take their ticks by
    /// looking.
    fn a_ticker_serves_all_who_wait() {
        let ticker = time::NewTicker(100 * time::Microsecond);
        let done = chan!(int);
        for n in 0..8 {
            let (c, done) = (ticker.C.clone(), done.clone());
            match n % 4 {
                0 => drop(go!{ for _ in 0..20 { c.Recv(); } done.Send(n) }),
                1 => drop(go!{
                    for _ in 0..20 { select! { recv(c) => {} recv(Chan::<int>::nil()) => {} } }
                    done.Send(n);
                }),
                2 => drop(go!{
                    let mut left = 20;
                    while left > 0 {
                        select! { recv(c) => left -= 1, default => runtime::Gosched() }
                    }
                    done.Send(n);
                }),
                _ => drop(std::thread::spawn(move || {
                    for _ in 0..20 { c.Recv(); }
                    done.Send(n);
                })),
            }
        }
        let sum: int = (0..8).map(|_| done.Recv().0).sum();
        assert_eq!(sum, 28);
    }

    /// Somebody waits while the timer is stopped and set anew, once and again.
    fn who_waits_is_served_after_a_reset() {
        for n in 0..200 {
            let timer = time::NewTimer(time::Hour);
            let (c, served) = (timer.C.clone(), chan!(()));
            let waiting = served.clone();
            go!{ c.Recv(); waiting.Send(()) };
            if n % 2 == 0 { runtime::Gosched() }
            timer.Stop();
            if n % 3 == 0 { runtime::Gosched() }
            timer.Reset(time::Duration(n * 1000));
            served.Recv();
        }
        // Two wait for a timer: each setting serves one.
        let timer = time::NewTimer(time::Millisecond);
        let served = chan!(());
        for _ in 0..2 {
            let (c, served) = (timer.C.clone(), served.clone());
            go!{ c.Recv(); served.Send(()) };
        }
        served.Recv();
        assert!(!timer.Reset(time::Millisecond));
        served.Recv();
    }

    /// TestConcurrentTimerReset, TestConcurrentTimerResetStop.
    fn timers_may_be_set_by_many_at_once() {
        let timer = time::NewTimer(time::Hour);
        let all = sync::WaitGroup::new();
        all.Add(10);
        for n in 0..10 {
            let (timer, all) = (timer.clone(), all.clone());
            go!{
                for i in 0..1000 {
                    if (n + i) % 2 == 0 { timer.Reset(time::Microsecond); } else { timer.Stop(); }
                    if i % 7 == 0 { timer.C.TryRecv(); }
                }
                all.Done();
            };
        }
        all.Wait();
        timer.Stop();
        pass(time::Millisecond);
        assert!(!timer.C.TryRecv().1);
        timer.Reset(time::Microsecond);
        assert!(timer.C.Recv().1);
    }

    /// A lost select leaves nothing behind: neither one that did not wait, nor one that did.
    fn lost_selects_leave_nothing_behind() {
        let c = chan!(int, 1);
        let g = go! {
            for n in 0..100_000 {
                c.Send(n);
                select! {
                    recv(c) |v| => assert_eq!(v, n),
                    recv(time::After(time::Hour)) => panic!("an hour has passed"),
                }
            }
        };
        g.Wait().unwrap();
        let (ping, pong) = (chan!(int), chan!(int));
        {
            let (ping, pong) = (ping.clone(), pong.clone());
            go! { for v in range!(ping) { pong.Send(v) } };
        }
        for n in 0..10_000 {
            ping.Send(n);
            select! {
                recv(pong) |v| => assert_eq!(v, n),
                recv(time::After(time::Hour)) => panic!("an hour has passed"),
            }
        }
        close!(ping);
        let metrics = runtime::handle().metrics();
        eventually(|| runtime::NumGoroutine() == 1 && metrics.num_alive_tasks() == 0);
    }

    /// Nor does a timer's waiter: what it registered goes with the last handle.
    fn an_alarm_goes_with_the_last_handle() {
        let timer = time::NewTimer(time::Hour);
        let (wakes, waker) = counter();
        let c = timer.C.clone();
        let mut receive = Box::pin(c.recv());
        assert!(receive.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(receive);
        drop(waker);
        assert_eq!(Arc::strong_count(&wakes), 1);
        drop((c, timer));
    }

    /// A waker may stop the timer that wakes it, and panic.
    fn a_waker_may_stop_its_timer() {
        struct Stops(time::Timer, AtomicUsize);
        impl Wake for Stops {
            fn wake(self: Arc<Self>) {
                self.0.Stop();
                self.1.fetch_add(1, Ordering::SeqCst);
            }
        }
        let timer = time::NewTimer(time::Millisecond);
        let stops = Arc::new(Stops(timer.clone(), AtomicUsize::new(0)));
        let waker = Waker::from(stops.clone());
        let mut receive = Box::pin(timer.C.recv());
        assert!(receive.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        eventually(|| stops.1.load(Ordering::SeqCst) > 0);
        assert!(matches!(receive.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Some(_))));
    }

    /// Sleeping for nothing is an operation: who does nothing else lets the others run.
    fn sleeping_for_nothing_stands_aside() {
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopper = stop.clone();
        let hog = go! { while !stop.load(Ordering::SeqCst) { time::Sleep(time::Duration(0)) } };
        go! { stopper.store(true, Ordering::SeqCst) };
        hog.Wait().unwrap();
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let stopper = stop.clone();
        let plain = move || while !stop.load(Ordering::SeqCst) { time::Sleep(time::Duration(-1)) };
        let hog = go! { plain() };
        go! { stopper.store(true, Ordering::SeqCst) };
        hog.Wait().unwrap();
    }
}

fn counter() -> (Arc<AtomicUsize>, Waker) {
    struct Counter(Arc<AtomicUsize>);
    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let wakes = Arc::new(AtomicUsize::new(0));
    (wakes.clone(), Waker::from(Arc::new(Counter(wakes))))
}

/// A handle is as large as it was.
#[test]
fn a_handle_is_two_words() {
    assert_eq!(size_of::<Chan<int>>(), 2 * size_of::<usize>());
}
