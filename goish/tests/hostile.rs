//! Programs that do what nobody should: they may fail, but end, and say why.

use std::cell::RefCell;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Poll, Waker};
use std::time::Duration;

use goish::prelude::*;

mod common;
use common::{on_one_and_two_workers, programs, rerun, rerun_limited};

/// The program ends with this code on each scheduler, with one worker and with several; what it says.
fn ends(test: &str, code: i32) -> Vec<String> {
    ["1", "4"]
        .into_iter()
        .flat_map(|workers| common::ends_on_each(test, workers, code))
        .collect()
}

fn hot() {
    for _ in 0..4 {
        go! {
            loop {
                runtime::Gosched();
            }
        };
        // tokio does not take a worker from who computes.
        if runtime::scheduler() == "native" {
            go! {
                loop {
                    std::hint::spin_loop();
                }
            };
        }
        fn blocks(c: &Chan<int>) {
            c.Recv();
        }
        let c = chan!(int);
        go! { blocks(&c) };
        go! {
            loop {
                time::Sleep(time::Microsecond);
            }
        };
        go! {
            loop {
                go! {};
                runtime::Gosched();
            }
        };
    }
}

/// Its destructor waits for goroutines, and starts one.
struct Waits(Chan<int>);

impl Drop for Waits {
    fn drop(&mut self) {
        let to = self.0.clone();
        go! { to.Send(1) };
        self.0.Recv();
    }
}

thread_local! {
    static SPAWNS: RefCell<Option<Chan<int>>> = const { RefCell::new(None) };
    static AT_END: Spawner = const { Spawner };
}

struct Spawner;

impl Drop for Spawner {
    fn drop(&mut self) {
        if let Ok(Some(c)) = SPAWNS.try_with(RefCell::take) {
            go! { c.Send(1) };
        }
    }
}

static ENDED: AtomicUsize = AtomicUsize::new(0);

struct CountsItsEnd;

impl Drop for CountsItsEnd {
    fn drop(&mut self) {
        ENDED.fetch_add(1, SeqCst);
    }
}

programs! {
    program_that_ends_hot {
        hot();
        time::Sleep(5 * time::Millisecond);
        std::process::exit(0);
    }

    program_that_returns_hot {
        hot();
        let _waits = Waits(chan!(int));
    }

    program_that_panics_in_main_while_hot {
        hot();
        let _waits = Waits(chan!(int));
        panic!("main");
    }

    program_that_exits_in_a_goroutine {
        hot();
        let _waits = Waits(chan!(int));
        go! { std::process::exit(7) };
        select! {}
    }

    program_that_exits_in_a_plain_function {
        fn exits(c: &Chan<int>) {
            c.Recv();
            std::process::exit(7);
        }
        let c = chan!(int);
        let from = c.clone();
        go! { exits(&from) };
        c.Send(1);
        select! {}
    }

    program_that_aborts_in_a_goroutine {
        go! { std::process::abort() };
        select! {}
    }

    program_that_blocks_in_thousands {
        fn blocks(c: Chan<int>) {
            c.Recv();
        }
        let c = chan!(int);
        for _ in 0..40_000 {
            let c = c.clone();
            go! { blocks(c) };
        }
        select! {}
    }

    program_with_hidden_calls_in_thousands {
        let all = std::sync::Arc::new(std::sync::Barrier::new(100_000));
        for _ in 0..40_000 {
            let all = all.clone();
            go! { all.wait(); };
        }
        select! {}
    }

    program_that_starts {
        assert_eq!(go! { 1 }.Wait(), Ok(1));
    }

    program_that_uses_many_workers {
        let c = chan!(int);
        let all: Vec<_> = (0..1000).map(|n| {
            let c = c.clone();
            go! { c.Send(n); time::Sleep(time::Millisecond); c.Send(n) }
        }).collect();
        assert_eq!((0..2000).map(|_| c.Recv().0).sum::<int>(), 999_000);
        for g in all {
            g.Wait().unwrap();
        }
    }
}

#[test]
fn a_program_ends_while_goroutines_run_hot() {
    ends("program_that_ends_hot", 0);
    ends("program_that_returns_hot", 0);
    for text in ends("program_that_panics_in_main_while_hot", 101) {
        assert_eq!(text.matches("panicked at").count(), 1, "{text}");
    }
    ends("program_that_exits_in_a_goroutine", 7);
    ends("program_that_exits_in_a_plain_function", 7);
}

#[cfg(unix)]
#[test]
fn an_abort_is_an_abort() {
    use std::os::unix::process::ExitStatusExt as _;
    for scheduler in runtime::schedulers() {
        let output = rerun("program_that_aborts_in_a_goroutine", scheduler, "2");
        assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    }
}

/// A sentence, and no hang: at the start, while plain functions block, and while the watch finds
/// hidden calls new workers.
#[cfg(target_os = "linux")]
#[test]
fn a_system_that_gives_no_threads_is_named() {
    let programs = [
        ("program_that_starts", "1000"),
        ("program_that_starts", "9999"),
        ("program_that_blocks_in_thousands", "1"),
        ("program_that_blocks_in_thousands", "4"),
        ("program_with_hidden_calls_in_thousands", "2"),
    ];
    for (program, workers) in programs {
        let output = rerun_limited("-v 600000", program, "native", workers);
        let text = common::ends(output, 2);
        assert!(
            text.starts_with("goish: ") && text.lines().count() == 1,
            "{text}"
        );
    }
}

#[test]
fn as_many_workers_as_there_may_be() {
    for workers in ["64", "1000"] {
        for scheduler in runtime::schedulers() {
            let output = rerun("program_that_uses_many_workers", scheduler, workers);
            let text = String::from_utf8_lossy(&output.stderr);
            assert!(
                output.status.success(),
                "{scheduler} {workers}: {} {text}",
                output.status
            );
        }
    }
}

/// A child of a fork has none of its parent's threads. It may do what needs no goroutine, and its
/// parent goes on whatever it does.
#[cfg(unix)]
fn fork(child: impl FnOnce()) -> libc::pid_t {
    // SAFETY: the child does what the tests below say, and ends without its parent's exit handlers.
    let id = unsafe { libc::fork() };
    assert!(id >= 0, "the system gives no process");
    if id == 0 {
        child();
        // SAFETY: it can be called at any time.
        unsafe { libc::_exit(3) };
    }
    id
}

/// The exit code, or `None` if it does not end within the time; then it is killed.
#[cfg(unix)]
fn wait_for(id: libc::pid_t, time: Duration) -> Option<i32> {
    let start = std::time::Instant::now();
    let mut status = 0;
    loop {
        // SAFETY: `status` is a place to write to.
        let ended = unsafe { libc::waitpid(id, &raw mut status, libc::WNOHANG) };
        if ended == id {
            return Some(libc::WEXITSTATUS(status));
        }
        if start.elapsed() > time {
            // SAFETY: a child that has not been waited for yet.
            unsafe {
                libc::kill(id, libc::SIGKILL);
                libc::waitpid(id, &raw mut status, 0);
            }
            return None;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn everything_works() {
    let c = chan!(int);
    let all: Vec<_> = (0..100)
        .map(|n| {
            let c = c.clone();
            go! { time::Sleep(time::Millisecond); c.Send(n) }
        })
        .collect();
    assert_eq!((0..100).map(|_| c.Recv().0).sum::<int>(), 4950);
    for g in all {
        g.Wait().unwrap();
    }
}

on_one_and_two_workers! {
    #[cfg(unix)]
    fn children_that_use_no_goroutine() {
        everything_works();
        for _ in 0..10 {
            let from_main = fork(|| {
                std::fs::metadata(".").unwrap();
            });
            let id = go! { fork(|| { std::fs::metadata(".").unwrap(); }) };
            assert_eq!(wait_for(from_main, Duration::from_secs(60)), Some(3));
            assert_eq!(wait_for(id.Wait().unwrap(), Duration::from_secs(60)), Some(3));
            everything_works();
        }
    }

    /// They are refused, whatever they do; their parent goes on.
    #[cfg(unix)]
    fn children_that_use_goroutines() {
        everything_works();
        for _ in 0..10 {
            let id = fork(|| {
                go! { 1 }.Wait().unwrap();
            });
            let spawns = go! {
                fork(|| {
                    let c = chan!(int);
                    go! { c.Send(1) };
                    select! {}
                })
            };
            let blocks = go! { fork(|| time::Sleep(time::Hour)) };
            everything_works();
            let ids = [id, spawns.Wait().unwrap(), blocks.Wait().unwrap()];
            for id in ids {
                assert_eq!(wait_for(id, Duration::from_secs(60)), Some(2));
            }
            everything_works();
        }
    }

    /// The runtime has not started yet, so the child starts its own.
    #[cfg(unix)]
    fn children_that_are_first() {
        let id = fork(everything_works);
        assert_eq!(wait_for(id, Duration::from_secs(60)), Some(3));
        everything_works();
    }

    fn goroutines_from_the_ends_of_threads() {
        let c = chan!(int);
        let threads: Vec<_> = (0..50).map(|_| {
            let c = c.clone();
            std::thread::spawn(move || {
                AT_END.with(|_| {});
                SPAWNS.set(Some(c.clone()));
                go! { c.Send(1) };
            })
        }).collect();
        // A thread's own values are dropped in the order in which they were first used, or not: one
        // of the two messages comes for certain.
        assert_eq!((0..50).map(|_| c.Recv().0).sum::<int>(), 50);
        for thread in threads {
            thread.join().unwrap();
        }
        while c.TryRecv().1 || runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
        everything_works();
    }

    /// Also on the scheduler's own threads, which end when they had nothing to do for long.
    fn goroutines_from_the_first_use_of_statics() {
        static ASKS: LazyLock<int> = LazyLock::new(|| {
            let c = chan!(int);
            let to = c.clone();
            go! { time::Sleep(time::Millisecond); to.Send(41) };
            c.Recv().0 + go! { 1 }.Wait().unwrap()
        });
        // Those who wait for the one that asks wait in the system.
        let all: Vec<_> = (0..8).map(|_| go! { *ASKS }).collect();
        if runtime::scheduler() == "native" {
            for g in all {
                assert_eq!(g.Wait(), Ok(42));
            }
        }
        static FIRST: LazyLock<Goroutine<int>> = LazyLock::new(|| go! { 1 });
        let _ = &*FIRST;
    }

    fn threads_that_end_at_once() {
        let c = chan!(int, 64);
        for round in 0..20 {
            for n in 0..20 {
                let c = c.clone();
                std::thread::spawn(move || {
                    let from = c.clone();
                    let g = go! { c.Send(n); c.Recv().0 };
                    if n % 2 == 0 {
                        drop(g);
                    }
                    go! { from.Len() };
                });
            }
            time::Sleep(time::Microsecond * round);
        }
        while runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
    }

    fn a_million_that_nobody_holds() {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        for _ in 0..1_000_000 {
            go! { COUNT.fetch_add(1, SeqCst) };
        }
        while COUNT.load(SeqCst) < 1_000_000 || runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
    }

    fn a_hundred_thousand_that_wait_for_the_next() {
        let gate = chan!(());
        let from = gate.clone();
        let mut last = go! { from.Recv(); 0 };
        for _ in 0..100_000 {
            let before = last;
            last = go! { before.Wait().unwrap() + 1 };
        }
        close!(gate);
        assert_eq!(last.Wait(), Ok(100_000));
        // And the other way: each is made by the one that waits for it.
        fn deeper(n: int) -> std::pin::Pin<Box<dyn Future<Output = int> + Send>> {
            Box::pin(async move {
                match n {
                    0 => 0,
                    n => runtime::spawn(deeper(n - 1)).wait().await.unwrap() + 1,
                }
            })
        }
        assert_eq!(runtime::spawn(deeper(20_000)).Wait(), Ok(20_000));
        while runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
    }

    /// Goroutines that keep each other, and are let go all at once. Each is dropped in the drop of the
    /// next, as any list of boxes is: a thread's stack has room for some hundreds.
    fn chains_that_are_dropped() {
        struct Kept(#[allow(dead_code)] Option<Goroutine<Kept>>, #[allow(dead_code)] CountsItsEnd);
        let gate = chan!(());
        let mut last = None;
        for _ in 0..200 {
            let (from, before) = (gate.clone(), last);
            last = Some(go! { from.Recv(); Kept(before, CountsItsEnd) });
        }
        drop(last);
        close!(gate);
        while ENDED.load(SeqCst) < 200 || runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
    }

    fn a_close_that_frees_a_million() {
        static WOKEN: AtomicUsize = AtomicUsize::new(0);
        const MANY: usize = if cfg!(debug_assertions) { 200_000 } else { 1_000_000 };
        let c = chan!(int);
        for _ in 0..MANY {
            let c = c.clone();
            go! {
                assert_eq!(c.Recv(), (0, false));
                WOKEN.fetch_add(1, SeqCst);
            };
        }
        let spawner = go! {
            for n in 0..MANY / 10 {
                go! { n };
                if n % 100 == 0 {
                    time::Sleep(time::Microsecond);
                }
            }
        };
        let other = std::thread::spawn(|| {
            for n in 0..MANY / 100 {
                go! { n };
            }
        });
        close!(c);
        spawner.Wait().unwrap();
        other.join().unwrap();
        while WOKEN.load(SeqCst) < MANY || runtime::NumGoroutine() > 1 {
            runtime::Gosched();
        }
    }

    /// A waker outlives its goroutine, and the thread that polled it.
    fn wakers_that_come_late() {
        let (give, wakers) = std::sync::mpsc::channel::<Waker>();
        let all: Vec<_> = (0..100).map(|_| {
            let give = give.clone();
            go! {
                let mut polls = 0;
                std::future::poll_fn(move |context| {
                    polls += 1;
                    (0..3).for_each(|_| give.send(context.waker().clone()).unwrap());
                    if polls < 3 { Poll::Pending } else { Poll::Ready(()) }
                }).await;
            }
        }).collect();
        drop(give);
        let mut kept = Vec::new();
        while let Ok(waker) = wakers.recv() {
            kept.push(waker.clone());
            waker.wake_by_ref();
            waker.wake();
        }
        for g in all {
            g.Wait().unwrap();
        }
        let threads = (0..4).map(|_| {
            let kept = kept.clone();
            std::thread::spawn(move || kept.into_iter().for_each(Waker::wake))
        });
        threads.for_each(|thread| thread.join().unwrap());
        kept.iter().for_each(Waker::wake_by_ref);
        drop(kept);
        assert_eq!(runtime::NumGoroutine(), 1);
    }

    /// A message that outlives everything but is never received.
    fn goroutines_that_nobody_can_wake() {
        let c = chan!(int);
        for _ in 0..1000 {
            let own = chan!(int);
            go! { own.Recv(); };
        }
        go! { select! {} };
        let from = c.clone();
        go! { from.Send(1) };
        assert_eq!(c.Recv(), (1, true));
        while runtime::NumGoroutine() != 1002 {
            runtime::Gosched();
        }
    }
}
