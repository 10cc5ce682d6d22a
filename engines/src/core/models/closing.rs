//! Close, against whoever parks and whoever sends.

use std::iter::from_fn;
use std::pin::pin;

use super::*;

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

/// Close against a parked send: the value of a send that close fails is not received any more, once
/// the close can be seen (guards the look at `closed` before parked senders).
#[test]
fn a_send_that_close_fails_is_not_received() {
    for capacity in [0, 1] {
        explore(move || {
            let channel = Chan::bounded(capacity);
            if capacity == 1 {
                channel.try_send(6).unwrap();
            }
            let closer = channel.clone();
            let mut send = pin!(channel.send(7));
            let (_, waker) = counter();
            assert!(poll_once(send.as_mut(), &waker).is_pending());
            let closing = thread::spawn(move || closer.close().unwrap());
            let closed = channel.is_closed();
            let received: Vec<u32> = from_fn(|| channel.try_recv().ok()).collect();
            closing.join().unwrap();
            let sent = block_on(send).is_ok();
            assert_eq!(received.contains(&7), sent);
            assert!(!(closed && sent));
        });
    }
}
