//! A value goes from a sender to a receiver, one of which may leave meanwhile.

use std::pin::pin;

use super::*;

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
