//! goish's promises, tried on goish 0.20.7 as it was published.
//!
//! Each program is the one of `goish/src/conformance`, written again for the names and macros of that
//! version. What cannot be written there is refused, with what stands in the way.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use goish::chan::Chan;
use goish::go;
use goish::goroutine::Goroutine;
use goish::select;

/// What came of a promise.
pub(crate) enum Verdict {
    Holds,
    Fails(String),
    Refused(&'static str),
    /// Nobody wrote it for this version.
    NotTried,
}

/// Tries a promise by its name.
pub(crate) fn attempt(name: &str) -> Verdict {
    if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Verdict::Refused(reason);
    }
    match PROMISES.iter().find(|(promise, _)| *promise == name) {
        Some((_, check)) => bounded(*check),
        None => Verdict::NotTried,
    }
}

const NO_BODY_VALUE: &str =
    "it cannot be written: a goroutine's body has no value, and select! in it blocks the worker";

/// What cannot be written for that version, and why.
const REFUSED: &[(&str, &str)] = &[
    ("unbounded", "it has no unbounded channel"),
    ("range-ends-at-close", "range! takes no channel there"),
    ("select-self", NO_BODY_VALUE),
    ("select-stress", NO_BODY_VALUE),
    ("select-duplicate-channel", NO_BODY_VALUE),
    (
        "select-cancelled",
        "its select! is no future, so it cannot be dropped while it waits",
    ),
    (
        "plain-function",
        "an operation in a plain function blocks its worker there",
    ),
    (
        "select-in-plain-function",
        "an operation in a plain function blocks its worker there",
    ),
    (
        "ready-function-yields",
        "an operation in a plain function blocks its worker there",
    ),
];

type Check = fn();

const PROMISES: &[(&str, Check)] = &[
    ("fifo", fifo),
    ("chain-10000", chain),
    ("capacity", capacity),
    ("rendezvous", rendezvous),
    ("non-blocking", non_blocking),
    ("zero-sized", zero_sized),
    ("sender-order", sender_order),
    ("cancelled-receive", cancelled_receive),
    ("cancelled-send", cancelled_send),
    ("nil-blocks", nil_blocks),
    ("prime-sieve", prime_sieve),
    ("close-drains", close_drains),
    ("close-wakes-receivers", close_wakes_receivers),
    ("close-wakes-senders", close_wakes_senders),
    ("closed-operations", closed_operations),
    ("receive-races-close", receive_races_close),
    ("select-ready", select_ready),
    ("select-fairness", select_fairness),
    ("select-send-fairness", select_send_fairness),
    ("many-to-many", many_to_many),
    ("multi-consumer", multi_consumer),
    ("happens-before", happens_before),
    ("semaphore", semaphore),
    ("mass-close", mass_close),
    ("from-any-thread", from_any_thread),
    ("ready-goroutine-yields", ready_goroutine_yields),
    ("panic-is-an-error", panic_is_an_error),
    ("time-after", time_after),
];

/// Runs a check on a thread of its own, and gives it up after a while: a promise that is broken often
/// shows as a program that does not end.
fn bounded(check: Check) -> Verdict {
    const LIMIT: Duration = Duration::from_secs(10);
    let (say, said) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(check));
        let _ = say.send(result.map_err(|panic| message(&*panic)));
    });
    match said.recv_timeout(LIMIT) {
        Ok(Ok(())) => Verdict::Holds,
        Ok(Err(words)) => Verdict::Fails(words),
        Err(_) => Verdict::Fails(format!("it did not end within {} s", LIMIT.as_secs())),
    }
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

#[track_caller]
fn assert_panics(words: &str, operation: impl FnOnce()) {
    match catch_unwind(AssertUnwindSafe(operation)) {
        Ok(()) => panic!("nothing panicked, where Go says `{words}`"),
        Err(panic) => assert_eq!(message(&*panic), words),
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Lets the goroutines run for a moment.
fn moment() {
    thread::sleep(Duration::from_millis(1));
}

fn fifo() {
    for capacity in [0, 1, 10] {
        let c: Chan<i64> = Chan::new(capacity);
        let sender = c.clone();
        drop(go! { for i in 0..1000 { sender.Send(i); } });
        for i in 0..1000 {
            assert_eq!(c.Recv(), (i, true), "capacity {capacity}");
        }
    }
}

fn chain() {
    let last: Chan<i64> = Chan::new(0);
    let mut right = last.clone();
    for _ in 0..10_000 {
        let left: Chan<i64> = Chan::new(0);
        let (to, from) = (right, left.clone());
        drop(go! { let (value, _) = from.Recv(); to.Send(value + 1); });
        right = left;
    }
    right.Send(0);
    assert_eq!(last.Recv(), (10_000, true));
}

fn capacity() {
    for capacity in 0..200 {
        let c: Chan<i64> = Chan::new(capacity);
        assert_eq!((c.Len(), c.Cap()), (0, capacity as i64));
        assert_eq!(c.TryRecv(), (0, false));
        for i in 0..capacity {
            assert!(c.TrySend(i as i64));
            assert_eq!(c.Len(), i as i64 + 1);
        }
        assert!(!c.TrySend(-1), "send on full, capacity {capacity}");
        let (sender, returned) = (c.clone(), Arc::new(AtomicBool::new(false)));
        let flag = returned.clone();
        let g = go! { sender.Send(capacity as i64); flag.store(true, Ordering::SeqCst); };
        moment();
        assert!(
            !returned.load(Ordering::SeqCst),
            "a send on full returned, capacity {capacity}"
        );
        for i in 0..=capacity {
            assert_eq!(c.Recv(), (i as i64, true));
        }
        let _ = g.Wait();
        assert_eq!(c.Len(), 0);
    }
}

fn rendezvous() {
    for _ in 0..20 {
        let c: Chan<i64> = Chan::new(0);
        let returned = Arc::new(AtomicBool::new(false));
        let (sender, flag) = (c.clone(), returned.clone());
        let g = go! { sender.Send(1); flag.store(true, Ordering::SeqCst); };
        moment();
        assert!(
            !returned.load(Ordering::SeqCst),
            "a send returned before any receive"
        );
        assert_eq!(c.Recv(), (1, true));
        let _ = g.Wait();
    }
    // A parked receive that leaves does not count as a receiver.
    let c: Chan<i64> = Chan::new(0);
    {
        let mut receive = pin!(c.recv());
        assert!(poll(receive.as_mut()).is_pending());
    }
    assert!(!c.TrySend(1), "a send to a receive that has left succeeded");
}

fn non_blocking() {
    fn element<T: Clone + Default + PartialEq + std::fmt::Debug + Send + 'static>(value: T) {
        let rendezvous: Chan<T> = Chan::new(0);
        assert_eq!(rendezvous.TryRecv(), (T::default(), false));
        assert!(!rendezvous.TrySend(value.clone()));
        let buffered: Chan<T> = Chan::new(1);
        assert_eq!(buffered.TryRecv(), (T::default(), false));
        assert!(buffered.TrySend(value.clone()));
        assert!(!buffered.TrySend(value.clone()));
        assert_eq!(buffered.TryRecv(), (value.clone(), true));
        let (sender, sent) = (rendezvous.clone(), value.clone());
        drop(go! { sender.Send(sent); });
        let mut received = rendezvous.TryRecv();
        while !received.1 {
            received = rendezvous.TryRecv();
        }
        assert_eq!(received, (value, true));
    }
    element(7_i32);
    element(true);
    element("hello".to_owned());
}

fn zero_sized() {
    for capacity in [0, 1, 16] {
        let c: Chan<()> = Chan::new(capacity);
        let sender = c.clone();
        drop(go! { for _ in 0..1000 { sender.Send(()); } sender.Close(); });
        let mut count = 0;
        while c.Recv().1 {
            count += 1;
        }
        assert_eq!(count, 1000, "capacity {capacity}");
    }
}

fn sender_order() {
    for capacity in [0, 2] {
        let c: Chan<i64> = Chan::new(capacity);
        for i in 0..capacity {
            c.Send(i as i64);
        }
        let mut sends: Vec<_> = (0..50)
            .map(|i| Box::pin(c.send(capacity as i64 + i)))
            .collect();
        for send in &mut sends {
            assert!(poll(send.as_mut()).is_pending());
        }
        for i in 0..capacity as i64 + 50 {
            assert_eq!(c.TryRecv(), (i, true), "capacity {capacity}");
        }
    }
}

fn cancelled_receive() {
    for capacity in [0, 1] {
        let c: Chan<i64> = Chan::new(capacity);
        let mut first = Box::pin(c.recv());
        let mut second = Box::pin(c.recv());
        assert!(poll(first.as_mut()).is_pending());
        assert!(poll(second.as_mut()).is_pending());
        assert!(c.TrySend(1), "a receiver waits");
        drop(first);
        assert_eq!(
            poll(second.as_mut()),
            Poll::Ready((1, true)),
            "it goes to the next receiver, capacity {capacity}"
        );
    }
}

fn cancelled_send() {
    let c: Chan<i64> = Chan::new(0);
    let mut first = Box::pin(c.send(1));
    let mut second = Box::pin(c.send(2));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    assert_eq!(c.TryRecv(), (2, true));
    assert_eq!(c.TryRecv(), (0, false));
}

fn nil_blocks() {
    let nil: Chan<i64> = Chan::default();
    assert_eq!((nil.Len(), nil.Cap()), (0, 0));
    assert!(poll(pin!(nil.recv()).as_mut()).is_pending());
    assert!(poll(pin!(nil.send(1)).as_mut()).is_pending());
    assert_eq!(nil.TryRecv(), (0, false));
}

fn prime_sieve() {
    let first: Chan<i64> = Chan::new(0);
    let numbers = first.clone();
    drop(go! {
        let mut number = 2;
        loop {
            numbers.Send(number);
            number += 1;
        }
    });
    let mut source = first;
    let mut primes = Vec::new();
    for _ in 0..100 {
        let (prime, _) = source.Recv();
        primes.push(prime);
        let (from, to): (Chan<i64>, Chan<i64>) = (source, Chan::new(0));
        source = to.clone();
        drop(go! {
            loop {
                let (number, _) = from.Recv();
                if number % prime != 0 {
                    to.Send(number);
                }
            }
        });
    }
    assert_eq!(primes.last(), Some(&541));
}

fn close_drains() {
    for capacity in 1..20 {
        let c: Chan<i64> = Chan::new(capacity);
        for i in 0..capacity {
            c.Send(i as i64 + 1);
        }
        c.Close();
        for i in 0..capacity {
            assert_eq!(c.Recv(), (i as i64 + 1, true));
        }
        assert_eq!(c.Recv(), (0, false));
    }
}

fn close_wakes_receivers() {
    for capacity in [0, 1] {
        let c: Chan<i64> = Chan::new(capacity);
        let woken = Arc::new(AtomicUsize::new(0));
        let receivers: Vec<Goroutine> = (0..100)
            .map(|_| {
                let (c, woken) = (c.clone(), woken.clone());
                go! {
                    let (value, open) = c.Recv();
                    if value == 0 && !open {
                        woken.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
            .collect();
        moment();
        c.Close();
        for receiver in receivers {
            let _ = receiver.Wait();
        }
        assert_eq!(woken.load(Ordering::SeqCst), 100);
    }
}

fn close_wakes_senders() {
    let c: Chan<i64> = Chan::new(0);
    let senders: Vec<Goroutine> = (0..10)
        .map(|_| {
            let c = c.clone();
            go! { c.Send(1); }
        })
        .collect();
    moment();
    c.Close();
    for sender in senders {
        let error = sender.Wait();
        assert!(error != goish::errors::nil, "a parked sender did not panic");
    }
}

fn closed_operations() {
    for capacity in [0, 1] {
        let c: Chan<i64> = Chan::new(capacity);
        if capacity > 0 {
            c.Send(1);
        }
        c.Close();
        assert_panics("send on closed channel", || c.Send(2));
        assert_panics("send on closed channel", || {
            c.TrySend(2);
        });
        assert_panics("close of closed channel", || c.Close());
        if capacity > 0 {
            assert_eq!(c.TryRecv(), (1, true));
        }
        assert_eq!(c.Recv(), (0, false));
        assert_eq!(c.TryRecv(), (0, false));
    }
    assert_panics("close of nil channel", || Chan::<i64>::default().Close());
}

fn receive_races_close() {
    for _ in 0..1_000 {
        let c: Chan<i64> = Chan::new(1);
        let sender = c.clone();
        let g = go! { sender.Send(1); sender.Close(); };
        let (mut value, mut open) = c.TryRecv();
        while !open && value == 0 && c.Len() == 0 {
            (value, open) = c.TryRecv();
        }
        if !open {
            (value, open) = c.TryRecv();
        }
        assert_eq!((value, open), (1, true));
        let _ = g.Wait();
    }
}

fn select_ready() {
    let (ready, never): (Chan<i64>, Chan<i64>) = (Chan::new(1), Chan::new(0));
    for i in 0..1_000 {
        ready.Send(i);
        let received = Cell::new(-1);
        select! {
            recv(never) => { panic!("nothing was sent"); },
            recv(ready) |v| => { received.set(v); },
        }
        assert_eq!(received.get(), i);
    }
}

fn even(counts: [u32; 2], with: &str) {
    for count in counts {
        assert!(
            (3_500..=6_500).contains(&count),
            "of 10,000 choices between two ready cases, {with} default: {counts:?}"
        );
    }
}

fn select_fairness() {
    let (a, b): (Chan<i64>, Chan<i64>) = (Chan::new(1), Chan::new(1));
    for with_default in [false, true] {
        let mut counts = [0, 0];
        for _ in 0..10_000 {
            let _ = (a.TrySend(0), b.TrySend(0));
            if with_default {
                select! {
                    recv(a) => { counts[0] += 1; },
                    recv(b) => { counts[1] += 1; },
                    default => { panic!("both were ready"); },
                }
            } else {
                select! {
                    recv(a) => { counts[0] += 1; },
                    recv(b) => { counts[1] += 1; },
                }
            }
        }
        even(counts, if with_default { "with" } else { "without" });
    }
}

fn select_send_fairness() {
    let c: Chan<i64> = Chan::new(1);
    let mut counts = [0, 0];
    for _ in 0..2_000 {
        select! {
            send(c, 0) => {},
            send(c, 1) => {},
        }
        counts[c.Recv().0 as usize] += 1;
    }
    assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
}

fn many_to_many() {
    for capacity in [0, 1, 16] {
        let c: Chan<i64> = Chan::new(capacity);
        let out: Chan<i64> = Chan::new(16);
        for sender in 0..8 {
            let c = c.clone();
            drop(go! { for i in 0..1_000 { c.Send(8 * i + sender); } });
        }
        for _ in 0..8 {
            let (c, out) = (c.clone(), out.clone());
            drop(go! {
                for _ in 0..1_000 {
                    let (value, _) = c.Recv();
                    out.Send(value);
                }
            });
        }
        let mut values: Vec<i64> = (0..8_000).map(|_| out.Recv().0).collect();
        values.sort_unstable();
        assert!(values.into_iter().eq(0..8_000), "capacity {capacity}");
    }
}

fn multi_consumer() {
    let (q, r): (Chan<i64>, Chan<i64>) = (Chan::new(3), Chan::new(3));
    for _ in 0..23 {
        let (q, r) = (q.clone(), r.clone());
        drop(go! {
            loop {
                let (value, open) = q.Recv();
                if !open {
                    break;
                }
                r.Send(value);
            }
        });
    }
    drop(go! { for i in 0..10_000 { q.Send(i); } q.Close(); });
    let sum: i64 = (0..10_000).map(|_| r.Recv().0).sum();
    assert_eq!(sum, 49_995_000);
}

fn happens_before() {
    for capacity in [0, 1] {
        for _ in 0..1_000 {
            let written = Arc::new(AtomicUsize::new(0));
            let c: Chan<i64> = Chan::new(capacity);
            let (seen, sender) = (written.clone(), c.clone());
            drop(go! { seen.store(1, Ordering::Relaxed); sender.Send(1); });
            c.Recv();
            assert_eq!(written.load(Ordering::Relaxed), 1);
        }
    }
}

fn semaphore() {
    let c: Chan<i64> = Chan::new(3);
    let inside = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let workers: Vec<Goroutine> = (0..50)
        .map(|_| {
            let (c, inside, most) = (c.clone(), inside.clone(), most.clone());
            go! {
                c.Send(1);
                let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                most.fetch_max(now, Ordering::SeqCst);
                inside.fetch_sub(1, Ordering::SeqCst);
                c.Recv();
            }
        })
        .collect();
    for worker in workers {
        let _ = worker.Wait();
    }
    assert!(most.load(Ordering::SeqCst) <= 3);
}

fn mass_close() {
    let c: Chan<i64> = Chan::new(0);
    let woken = Arc::new(AtomicUsize::new(0));
    let receivers: Vec<Goroutine> = (0..10_000)
        .map(|_| {
            let (c, woken) = (c.clone(), woken.clone());
            go! { c.Recv(); woken.fetch_add(1, Ordering::SeqCst); }
        })
        .collect();
    moment();
    c.Close();
    for receiver in receivers {
        let _ = receiver.Wait();
    }
    assert_eq!(woken.load(Ordering::SeqCst), 10_000);
}

fn from_any_thread() {
    let (questions, answers): (Chan<i64>, Chan<i64>) = (Chan::new(0), Chan::new(0));
    let (asked, answering) = (questions.clone(), answers.clone());
    let thread = thread::spawn(move || {
        loop {
            let (question, open) = asked.Recv();
            if !open {
                break;
            }
            answering.Send(question + 1);
        }
    });
    let g = go! {
        for i in 0..1_000 {
            questions.Send(i);
            let answer = answers.Recv();
            assert_eq!(answer, (i + 1, true));
        }
        questions.Close();
    };
    assert!(g.Wait() == goish::errors::nil);
    thread.join().expect("the thread answered");
}

fn ready_goroutine_yields() {
    let stop = Arc::new(AtomicBool::new(false));
    // More of them than workers, so that nobody else runs unless they yield.
    let spinners: Vec<Goroutine> = (0..8)
        .map(|_| {
            let (c, stopped): (Chan<i64>, _) = (Chan::new(1), stop.clone());
            go! {
                while !stopped.load(Ordering::SeqCst) {
                    c.Send(1);
                    c.Recv();
                }
            }
        })
        .collect();
    let stopper = stop.clone();
    let g = go! { stopper.store(true, Ordering::SeqCst); };
    let begun = Instant::now();
    while !stop.load(Ordering::SeqCst) {
        if begun.elapsed() > Duration::from_secs(5) {
            // Lets the process end.
            stop.store(true, Ordering::SeqCst);
            panic!("a peer did not run for 5 s");
        }
        moment();
    }
    let _ = g.Wait();
    for spinner in spinners {
        let _ = spinner.Wait();
    }
}

fn panic_is_an_error() {
    let c: Chan<i64> = Chan::new(0);
    c.Close();
    let g = go! { c.Send(1); };
    let error = g.Wait();
    assert!(error != goish::errors::nil, "it panicked");
    let words = error.to_string();
    assert!(words.contains("send on closed channel"), "{words}");
}

fn time_after() {
    let never: Chan<i64> = Chan::new(0);
    let after = goish::time::After(goish::time::Millisecond);
    let mut timed_out = false;
    select! {
        recv(never) => {},
        recv(after) => { timed_out = true; },
    }
    assert!(timed_out);
}
