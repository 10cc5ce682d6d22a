//! Selects, against counterparts, against each other, and dropped.

use std::pin::pin;

use super::*;

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
            let chosen = select(cases).await;
            match (chosen, a.take(), b.take()) {
                (0, value, None) | (1, None, value) => value.flatten(),
                committed => panic!("committed {committed:?}"),
            }
        });
        first.join().unwrap();
        second.join().unwrap();
        let rest = [left.try_recv().ok(), right.try_recv().ok()];
        match value {
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

/// A select is dropped, or completes, while a counterpart serves one of its cases, and its arms stay
/// for longer than it does: the value is received or goes back, and nobody reaches the select any
/// more (guards that it withdraws every arm before its claim goes away).
#[test]
fn a_select_that_is_gone_is_not_reached() {
    for completes in [false, true] {
        explore(move || {
            let (left, right) = (Chan::bounded(0), Chan::bounded(0));
            let sender = left.clone();
            let (sent, received) = {
                let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.recv_arm()));
                let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
                let mut selecting = Box::pin(select(cases));
                let (_, waker) = counter();
                assert!(poll_once(selecting.as_mut(), &waker).is_pending());
                let sending = thread::spawn(move || sender.try_send(7).is_ok());
                if completes {
                    assert_eq!(block_on(selecting.as_mut()), 0);
                }
                let _remains = bury(selecting);
                let sent = sending.join().unwrap();
                assert_eq!(right.try_send(8), Err(TrySendError::Full(8)));
                (sent, completes && a.take().flatten() == Some(7))
            };
            assert_eq!(received, completes);
            assert_eq!(received || left.try_recv().is_ok(), sent);
        });
    }
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

/// A select was served on one channel and passed over on the other, where its neighbours have been
/// served and gone since, and somebody else has parked: when the select leaves, it touches none of
/// them (guards the phase `Passed`).
#[test]
fn a_passed_select_touches_nobody() {
    explore(|| {
        let (left, right) = (Chan::bounded(0), Chan::bounded(0));
        let (left_sender, right_sender) = (left.clone(), right.clone());
        let (_, waker) = counter();
        let mut before = Box::pin(right.recv());
        assert!(poll_once(before.as_mut(), &waker).is_pending());
        let (mut a, mut b) = (pin!(left.recv_arm()), pin!(right.recv_arm()));
        let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
        let mut selecting = pin!(select(cases));
        assert!(poll_once(selecting.as_mut(), &waker).is_pending());
        let serving = thread::spawn(move || {
            left_sender.try_send(1).unwrap();
            right_sender.try_send(2).unwrap();
            right_sender.try_send(3).is_ok()
        });
        assert_eq!(block_on(before.as_mut()), Some(2));
        let _remains = bury(before);
        let mut behind = pin!(right.recv());
        assert!(poll_once(behind.as_mut(), &waker).is_pending());
        assert_eq!(block_on(selecting), 0);
        let served = serving.join().unwrap();
        if !served {
            right.try_send(4).unwrap();
        }
        assert_eq!(block_on(behind), Some(if served { 3 } else { 4 }));
    });
}

/// What was sent before is seen without the lock (guards that the word is stored under it).
#[test]
fn a_look_sees_what_was_sent_before() {
    explore(|| {
        let (chan, sent) = (Chan::bounded(1), Arc::new(AtomicBool::new(false)));
        let sender = thread::spawn({
            let (chan, sent) = (chan.clone(), sent.clone());
            move || {
                chan.try_send(1).unwrap();
                sent.store(true, Ordering::Release);
            }
        });
        let was_sent = sent.load(Ordering::Acquire);
        let mut receive = pin!(chan.recv_arm());
        let chosen = try_select(&mut [Some(receive.as_mut())]);
        assert!(chosen.is_some() || !was_sent);
        sender.join().unwrap();
        assert_eq!(chosen.is_none(), chan.try_recv().is_ok());
    });
}

/// At every instant one of two channels has a value: then a select finds one (guards the second look).
#[test]
fn a_look_at_two_channels_is_one_look() {
    explore(|| {
        let (left, right) = (Chan::bounded(1), Chan::bounded(1));
        left.try_send(1).unwrap();
        let mover = thread::spawn({
            let (left, right) = (left.clone(), right.clone());
            move || {
                right.try_send(2).unwrap();
                // Not `try_recv`, which looks first: of two looks at one thing loom remembers the last.
                let _ = poll_once(pin!(left.recv()), Waker::noop());
            }
        });
        let (mut a, mut b) = (pin!(right.recv_arm()), pin!(left.recv_arm()));
        let chosen = try_select(&mut [Some(a.as_mut()), Some(b.as_mut())]);
        assert!(chosen.is_some());
        mover.join().unwrap();
    });
}
