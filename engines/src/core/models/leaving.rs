//! Pending operations leave, and take the last handle of their channel with them: as goroutines
//! do, which own their handles, when they are dropped or end.

use std::pin::pin;

use super::*;

type Chan = Shared<Tracked, Ring<Tracked>>;

trait Goroutine: Future<Output = Option<Tracked>> + Send + 'static {}

impl<F: Future<Output = Option<Tracked>> + Send + 'static> Goroutine for F {}
/// A goroutine that receives, parked.
fn receiving(channel: Chan, waker: &Waker) -> Pin<Box<impl Goroutine>> {
    parked(async move { channel.recv().await }, waker)
}

/// A goroutine that sends, parked. The value comes back when the channel is closed.
fn sending(channel: Chan, value: Tracked, waker: &Waker) -> Pin<Box<impl Goroutine>> {
    let sending = async move { channel.send(value).await.err().map(|error| error.0) };
    parked(sending, waker)
}

/// A goroutine that receives from either channel, parked.
fn selecting(left: Chan, right: Chan, waker: &Waker) -> Pin<Box<impl Goroutine>> {
    let selecting = async move {
        let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.recv_arm()));
        let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
        let chosen = select(cases).await;
        if chosen == 0 { a.take() } else { b.take() }.flatten()
    };
    parked(selecting, waker)
}

fn parked<G: Goroutine>(goroutine: G, waker: &Waker) -> Pin<Box<G>> {
    let mut goroutine = Box::pin(goroutine);
    assert!(poll_once(goroutine.as_mut(), waker).is_pending());
    goroutine
}

/// What becomes of a goroutine while others work on its channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Dropped,
    Completes,
}

impl Fate {
    fn befall<G: Goroutine>(self, mut goroutine: Pin<Box<G>>) -> Remains<G> {
        if self == Fate::Completes {
            drop(block_on(goroutine.as_mut()));
        }
        bury(goroutine)
    }
}

/// A parked receive is served, or leaves, while the only other handle sends and goes: whoever is
/// last frees the channel, with the value if it is still there (guards the lock in `withdraw`, and
/// that nothing is touched after the final phase).
#[test]
fn the_last_handle_goes_with_a_receive() {
    for (fate, capacity) in [(Fate::Dropped, 0), (Fate::Dropped, 1), (Fate::Completes, 0)] {
        explore(move || {
            let channel = Chan::bounded(capacity);
            let sender = channel.clone();
            let goroutine = receiving(channel, &counted_waker());
            let (value, drops) = tracked();
            let sending = thread::spawn(move || drop(sender.try_send(value)));
            let _remains = fate.befall(goroutine);
            sending.join().unwrap();
            drops.assert_dropped_once();
        });
    }
}

/// The same for a parked send, whose value the only other handle receives.
#[test]
fn the_last_handle_goes_with_a_send() {
    for fate in [Fate::Dropped, Fate::Completes] {
        explore(move || {
            let channel = Chan::bounded(0);
            let receiver = channel.clone();
            let (value, drops) = tracked();
            let goroutine = sending(channel, value, &counted_waker());
            let receiving = thread::spawn(move || drop(receiver.try_recv()));
            let _remains = fate.befall(goroutine);
            receiving.join().unwrap();
            drops.assert_dropped_once();
        });
    }
}

/// A select leaves two channels while one of them is served and the other is closed, and each
/// counterpart goes with its handle (guards that a claim outlives every link to it, and the
/// loser's `withdraw`).
#[test]
fn the_last_handles_go_with_a_select() {
    for fate in [Fate::Dropped, Fate::Completes] {
        explore(move || {
            let (left, right) = (Chan::bounded(0), Chan::bounded(0));
            let (sender, closer) = (left.clone(), right.clone());
            let goroutine = selecting(left, right, &counted_waker());
            let (value, drops) = tracked();
            let sending = thread::spawn(move || drop(sender.try_send(value)));
            let closing = thread::spawn(move || closer.close().unwrap());
            let _remains = fate.befall(goroutine);
            sending.join().unwrap();
            closing.join().unwrap();
            drops.assert_dropped_once();
        });
    }
}

/// Neighbours in one list leave at once, from its ends and its middle, on two threads, and the handles
/// go with them: the list holds together, and whoever stays is served (guards the lock in
/// `withdraw`, and the list).
#[test]
fn neighbours_leave_at_once() {
    explore(|| {
        let channel = Chan::bounded(0);
        let waker = counted_waker();
        let [first, second, third, fourth] = [(); 4].map(|()| receiving(channel.clone(), &waker));
        let leaving = thread::spawn(move || [bury(first), bury(fourth)]);
        let _second = bury(second);
        let (value, drops) = tracked();
        assert!(channel.try_send(value).is_ok());
        let _others = leaving.join().unwrap();
        drop(channel);
        drop(block_on(third));
        drops.assert_dropped_once();
    });
}

/// Waiters leave while a close takes them out, and the handle that closes may be the last (guards
/// that close takes each waiter out under the lock, and its waker before the final phase).
#[test]
fn waiters_leave_while_their_channel_closes() {
    for fate in [Fate::Dropped, Fate::Completes] {
        explore(move || {
            let channel = Chan::bounded(0);
            let closer = channel.clone();
            let waker = counted_waker();
            let (value, drops) = tracked();
            let first = sending(channel.clone(), value, &waker);
            let (value, more_drops) = tracked();
            let second = sending(channel, value, &waker);
            drop(waker);
            let closing = thread::spawn(move || closer.close().unwrap());
            let _remains = [fate.befall(first), Fate::Dropped.befall(second)];
            closing.join().unwrap();
            drops.assert_dropped_once();
            more_drops.assert_dropped_once();
        });
    }
}
