//! Wakers that are replaced while their operation is served.

use std::pin::pin;

use super::*;

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
