//! `time`. None of these measures how long anything took, beyond that it did not end too early.

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

on_one_and_two_workers! {
    fn sleeping_suspends_a_goroutine() {
        let start = time::Now();
        let sleepers: Vec<_> = (0..1000).map(|_| go! { time::Sleep(10 * time::Millisecond) }).collect();
        for sleeper in sleepers {
            sleeper.Wait().unwrap();
        }
        assert!(time::Since(start) >= 10 * time::Millisecond);
        assert_eq!(runtime::blocking_calls(), []);
        time::Sleep(time::Duration(-1));
        time::Sleep(time::Millisecond);
        use goish::time::{Millisecond, Sleep};
        go! { Sleep(Millisecond) }.Wait().unwrap();
        assert_eq!(runtime::blocking_calls(), []);
        let plain = || time::Sleep(time::Millisecond);
        go! { plain() }.Wait().unwrap();
        assert_eq!(runtime::blocking_calls().len(), 1);
    }

    fn after_sends_the_time_once() {
        let start = time::Now();
        let c = time::After(5 * time::Millisecond);
        let (at, ok) = c.Recv();
        assert!(ok && at - start >= 5 * time::Millisecond);
        assert_eq!(c.TryRecv(), (time::Time::default(), false));
        assert!(c.TryRecv().0.IsZero());
    }

    fn ticks_come_until_nobody_listens() {
        let start = time::Now();
        let tick = time::Tick(2 * time::Millisecond);
        for n in 1..=5 {
            let (at, _) = tick.Recv();
            assert!(at.Sub(start) >= 2 * time::Millisecond, "tick {n}");
        }
        let kept = tick.clone();
        drop(tick);
        assert!(kept.Recv().1);
    }

    /// A timer's task ends with the last handle to its channel, so that a `select!` in a loop
    /// leaves nothing behind.
    fn a_timer_that_loses_leaves_nothing_behind() {
        let c = chan!(int, 1);
        let g = go! {
            for n in 0..10_000 {
                c.Send(n);
                select! {
                    recv(c) |v| => assert_eq!(v, n),
                    recv(time::After(time::Hour)) => panic!("an hour has passed"),
                }
            }
        };
        g.Wait().unwrap();
        let metrics = runtime::handle().metrics();
        while runtime::NumGoroutine() > 1 || metrics.num_alive_tasks() > 0 {
            std::thread::yield_now();
        }
    }

    fn timers_are_not_goroutines() {
        let _timers = [time::After(time::Hour), time::Tick(time::Hour)];
        assert_eq!(runtime::NumGoroutine(), 1);
    }
}

#[test]
fn durations_reckon_as_gos_do() {
    let d = 90 * time::Minute + time::Second * 30 + time::Millisecond * 918;
    assert_eq!(d.String(), "1h30m30.918s");
    assert_eq!(d / time::Minute, 90);
    assert_eq!((d % time::Minute).Milliseconds(), 30_918);
    assert_eq!((time::Second / 4).String(), "250ms");
    assert_eq!((-time::Microsecond * 1500).String(), "-1.5ms");
    assert_eq!(time::Duration(1100).String(), "1.1µs");
    assert_eq!(time::Duration(7).String(), "7ns");
    assert_eq!(time::Duration(0).String(), "0s");
    assert_eq!((100 * time::Hour).String(), "100h0m0s");
    assert_eq!(
        time::Duration(i64::MIN).String(),
        "-2562047h47m16.854775808s"
    );
    assert_eq!(time::Duration(3) * time::Second, 3 * time::Second);
    assert_eq!(time::Hour * int::MAX, time::Duration(int::MAX));
    assert_eq!(
        std::time::Duration::from(-time::Hour),
        std::time::Duration::ZERO
    );
    assert_eq!(
        time::Duration::from(std::time::Duration::MAX),
        time::Duration(int::MAX)
    );
    assert_eq!(
        time::Duration::from(std::time::Duration::from_millis(3)).Microseconds(),
        3000
    );
    assert_eq!((2 * time::Hour).Minutes(), 120.0);
}

#[test]
fn instants_are_ordered() {
    let now = time::Now();
    let later = now + time::Hour;
    assert!(now.Before(later) && later.After(now));
    assert_eq!(later - now, time::Hour);
    assert_eq!(now - later, -time::Hour);
    assert!(time::Time::default().IsZero() && time::Time::default().Before(now));
    assert!(now.Unix() > 1_700_000_000 && now.UnixMilli() / 1000 == now.Unix());
    assert!(time::Until(later) > time::Minute);
}
