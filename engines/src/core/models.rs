//! loom models: every interleaving of the core's protocols.
//!
//! `RUSTFLAGS="--cfg goish_loom" cargo test --release -p goish-engines --no-default-features models`
//!
//! Each model names the step that it guards; taking that step out makes it fail.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Wake, Waker};

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use super::{Ring, Shared};
use crate::channel::{Channel, TryRecvError, TrySendError};
use crate::select::{Arm, Case, select, try_select};

type Chan = Shared<u32, Ring<u32>>;

/// Explores with at most three preemptions: loom's own advice for models of this size, and enough
/// for every known bug of this kind.
fn explore(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// Counts its wakes.
struct Counter(AtomicUsize);

impl Wake for Counter {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn counter() -> (std::sync::Arc<Counter>, Waker) {
    let counter = std::sync::Arc::new(Counter(AtomicUsize::new(0)));
    (counter.clone(), Waker::from(counter))
}

fn poll_once<F: Future>(future: Pin<&mut F>, waker: &Waker) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(waker))
}

/// A send hands its value to a parked receive, while that receive is dropped: the value is still
/// there (guards `give_back` in `Drop`).
#[test]
fn handed_value_survives_cancellation() {
    for capacity in [0, 1] {
        explore(move || {
            let channel = Chan::bounded(capacity);
            let sender = channel.clone();
            let mut receive = Box::pin(channel.recv());
            let (_, waker) = counter();
            assert!(poll_once(receive.as_mut(), &waker).is_pending());
            let sending = thread::spawn(move || sender.try_send(7).is_ok());
            drop(receive);
            let sent = sending.join().unwrap();
            assert_eq!(channel.try_recv().is_ok(), sent, "capacity {capacity}");
        });
    }
}

/// A receive takes the value of a parked send, while that send is dropped: it is received or
/// withdrawn, not both, not neither (guards the lock around `withdraw`).
#[test]
fn a_dropped_send_is_received_or_withdrawn() {
    explore(|| {
        let channel = Chan::bounded(0);
        let receiver = channel.clone();
        let mut send = Box::pin(channel.send(7));
        let (_, waker) = counter();
        assert!(poll_once(send.as_mut(), &waker).is_pending());
        let receiving = thread::spawn(move || receiver.try_recv());
        drop(send);
        let received = receiving.join().unwrap();
        assert!(matches!(received, Ok(7) | Err(TryRecvError::Empty)));
        assert_eq!(channel.try_recv(), Err(TryRecvError::Empty));
    });
}

/// Close against a receive and a send that park: both come back (guards the look at `closed` under
/// the lock that parks, and the loop of batches).
#[test]
fn close_wakes_whoever_parks() {
    explore(|| {
        let (values, tokens) = (Chan::bounded(0), Chan::bounded(0));
        let (closed_values, closed_tokens) = (values.clone(), tokens.clone());
        let closing = thread::spawn(move || {
            closed_values.close().unwrap();
            closed_tokens.close().unwrap();
        });
        block_on(async {
            assert_eq!(values.recv().await, None);
            assert_eq!(tokens.send(7).await.map_err(|error| error.0), Err(7));
        });
        closing.join().unwrap();
    });
}

/// Close against a send: what was sent is received, and after close nothing is sent (guards the
/// one lock for `closed` and the buffer).
#[test]
fn no_send_slips_in_after_close() {
    explore(|| {
        let channel = Chan::bounded(2);
        let sender = channel.clone();
        let sending = thread::spawn(move || sender.try_send(7).is_ok());
        channel.close().unwrap();
        // From here on, what is buffered cannot grow.
        let drained = channel.try_recv();
        assert_eq!(channel.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(channel.try_send(8), Err(TrySendError::Closed(8)));
        assert_eq!(sending.join().unwrap(), drained.is_ok());
    });
}

/// Two counterparts serve one select on two channels: it takes one value, and the other stays in
/// its channel (guards the claim).
#[test]
fn a_select_commits_once_against_two_counterparts() {
    explore(|| {
        let (left, right) = (Chan::bounded(1), Chan::bounded(1));
        let (left_sender, right_sender) = (left.clone(), right.clone());
        let first = thread::spawn(move || left_sender.try_send(1).unwrap());
        let second = thread::spawn(move || right_sender.try_send(2).unwrap());
        let value = block_on(async {
            let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.recv_arm()));
            let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
            match select(cases).await {
                0 => a.take(),
                _ => b.take(),
            }
        });
        first.join().unwrap();
        second.join().unwrap();
        let rest = [left.try_recv().ok(), right.try_recv().ok()];
        match value.flatten() {
            Some(1) => assert_eq!(rest, [None, Some(2)]),
            Some(2) => assert_eq!(rest, [Some(1), None]),
            value => panic!("received {value:?}"),
        }
    });
}

/// Two receivers compete for the two sends of one select, which may be dropped meanwhile: at most
/// one gets a value, and exactly one when the select completes (guards the claim).
#[test]
fn a_select_sends_at_most_once() {
    for dropped in [false, true] {
        explore(move || {
            let (left, right) = (Chan::bounded(0), Chan::bounded(0));
            let receivers = [left.clone(), right.clone()];
            let (mut a, mut b) = (pin!(left.send_arm(1)), pin!(right.send_arm(2)));
            let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
            let mut selecting = Box::pin(select(cases));
            let (wakes, waker) = counter();
            assert!(poll_once(selecting.as_mut(), &waker).is_pending());
            let receiving = receivers
                .map(|receiver| thread::spawn(move || receiver.try_recv().is_ok() as usize));
            if dropped {
                drop(selecting);
            }
            let received: usize = receiving.map(|thread| thread.join().unwrap()).iter().sum();
            assert!(received <= 1);
            if !dropped {
                assert_eq!(received, 1);
                assert_eq!(wakes.0.load(Ordering::SeqCst), 1);
            }
        });
    }
}

/// Two selects whose cases mirror each other, on two rendezvous channels: they meet on one of them
/// (guards `LockAll`: parking case by case would let them miss each other).
#[test]
fn two_selects_meet() {
    async fn exchange(send_to: &Chan, receive_from: &Chan) -> (&'static str, Option<u32>) {
        let mut send = pin!(send_to.send_arm(7));
        let mut receive = pin!(receive_from.recv_arm());
        let cases: &mut [Case<'_>] = &mut [Some(send.as_mut()), Some(receive.as_mut())];
        match select(cases).await {
            0 => ("sent", None),
            _ => ("received", receive.take().flatten()),
        }
    }
    explore(|| {
        let (left, right) = (Chan::bounded(0), Chan::bounded(0));
        let (their_left, their_right) = (left.clone(), right.clone());
        let theirs = thread::spawn(move || block_on(exchange(&their_left, &their_right)));
        let ours = block_on(exchange(&right, &left));
        let both = [ours, theirs.join().unwrap()];
        assert!(both.contains(&("sent", None)) && both.contains(&("received", Some(7))));
        assert_eq!(left.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(right.try_recv(), Err(TryRecvError::Empty));
    });
}

/// A select is dropped while a counterpart serves one of its cases: the value goes back (guards
/// the loser's branch of `Select::drop`).
#[test]
fn a_dropped_select_loses_nothing() {
    explore(|| {
        let (left, right) = (Chan::bounded(0), Chan::bounded(0));
        let sender = left.clone();
        let (_, waker) = counter();
        let sending = {
            let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.recv_arm()));
            let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
            let mut selecting = Box::pin(select(cases));
            assert!(poll_once(selecting.as_mut(), &waker).is_pending());
            let sending = thread::spawn(move || sender.try_send(7).is_ok());
            drop(selecting);
            sending
        };
        let sent = sending.join().unwrap();
        assert_eq!(left.try_recv().is_ok(), sent);
    });
}

/// A waker is replaced while the operation is served: the new one is woken, or the poll that
/// brought it finds the outcome (guards the second look after `replace_waker`).
#[test]
fn the_newest_waker_is_woken() {
    explore(|| {
        let channel = Chan::bounded(0);
        let sender = channel.clone();
        let mut receive = pin!(channel.recv());
        let ((_, stale), (wakes, fresh)) = (counter(), counter());
        assert!(poll_once(receive.as_mut(), &stale).is_pending());
        let sending = thread::spawn(move || sender.try_send(7).unwrap());
        let ready = poll_once(receive.as_mut(), &fresh).is_ready();
        sending.join().unwrap();
        assert!(ready || wakes.0.load(Ordering::SeqCst) == 1);
    });
}

/// The same, for a select.
#[test]
fn the_newest_waker_of_a_select_is_woken() {
    explore(|| {
        let (left, right) = (Chan::bounded(0), Chan::bounded(0));
        let sender = right.clone();
        let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.recv_arm()));
        let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
        let mut selecting = pin!(select(cases));
        let ((_, stale), (wakes, fresh)) = (counter(), counter());
        assert!(poll_once(selecting.as_mut(), &stale).is_pending());
        let sending = thread::spawn(move || sender.try_send(7).unwrap());
        let ready = poll_once(selecting.as_mut(), &fresh).is_ready();
        sending.join().unwrap();
        assert!(ready || wakes.0.load(Ordering::SeqCst) == 1);
    });
}

/// Of two channels one is always ready, so a select with `default` never takes it (guards the
/// atomic look of `try_select`; Go's TestNonblockSelectRace).
#[test]
fn default_is_not_taken_while_a_case_is_ready() {
    explore(|| {
        let (left, right) = (Chan::bounded(1), Chan::bounded(1));
        left.try_send(1).unwrap();
        let (their_left, their_right) = (left.clone(), right.clone());
        let selecting = thread::spawn(move || {
            // Under loom the cases are probed as they stand: this is the order that can miss.
            let (mut a, mut b) = (pin!(their_right.recv_arm()), pin!(their_left.recv_arm()));
            let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
            try_select(cases)
        });
        right.try_send(2).unwrap();
        let _ = left.try_recv();
        assert!(selecting.join().unwrap().is_some());
    });
}

/// What is written before a send is seen after the receive, also when the value is handed over to
/// a parked receiver and read without the lock (guards Release and Acquire on the phase).
#[test]
fn a_send_publishes_what_was_written_before() {
    explore(|| {
        let channel = Chan::bounded(0);
        let sender = channel.clone();
        let written = Arc::new(loom::cell::UnsafeCell::new(0));
        let writer = written.clone();
        let sending = thread::spawn(move || {
            // SAFETY: the other thread reads only after it has received what is sent below.
            writer.with_mut(|value| unsafe { *value = 1 });
            block_on(sender.send(7)).unwrap();
        });
        assert_eq!(block_on(channel.recv()), Some(7));
        // SAFETY: the writer has sent, and does not write again.
        assert_eq!(written.with(|value| unsafe { *value }), 1);
        sending.join().unwrap();
    });
}
