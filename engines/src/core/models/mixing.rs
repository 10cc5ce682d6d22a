//! Threads that block and tasks that are polled, on one channel.

use std::pin::pin;

use super::*;

/// Blocks as goish blocks a thread: it looks once with a waker that wakes nobody, and only then
/// brings its own.
fn block<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match poll_once(future.as_mut(), Waker::noop()) {
        Poll::Ready(output) => output,
        Poll::Pending => block_on(future),
    }
}

/// A thread blocks in a send, or in a receive, and a task that moves between workers, and so
/// brings another waker to each poll, is its counterpart (guards the second look after
/// `replace_waker`, on both sides).
#[test]
fn a_thread_meets_a_task() {
    explore(|| {
        let (there, back) = (Chan::bounded(0), Chan::bounded(0));
        let (their_there, their_back) = (there.clone(), back.clone());
        let thread = thread::spawn(move || {
            block(their_there.send(1)).unwrap();
            block(their_back.recv())
        });
        let mut task = pin!(async {
            let received = there.recv().await;
            back.send(2).await.unwrap();
            received
        });
        let (_, stale) = counter();
        let received = match poll_once(task.as_mut(), &stale) {
            Poll::Ready(received) => received,
            Poll::Pending => block_on(task),
        };
        assert_eq!(received, Some(1));
        assert_eq!(thread.join().unwrap(), Some(2));
    });
}

/// A blocked thread and a parked task wait in one line, and are served by a thread and by a close:
/// one gets the value, and the other learns of the close.
#[test]
fn a_thread_and_a_task_wait_in_one_line() {
    explore(|| {
        let channel = Chan::bounded(0);
        let (blocking, sending) = (channel.clone(), channel.clone());
        let mut task = pin!(channel.recv());
        let (_, stale) = counter();
        assert!(poll_once(task.as_mut(), &stale).is_pending());
        let blocking = thread::spawn(move || block(blocking.recv()));
        let sending = thread::spawn(move || {
            block(sending.send(7)).unwrap();
            sending.close().unwrap();
        });
        // The task parked first, so the value is its.
        assert_eq!(block_on(task), Some(7));
        assert_eq!(blocking.join().unwrap(), None);
        sending.join().unwrap();
    });
}

/// A blocked thread sends to a task that selects, and the other case is a thread that blocks in a
/// receive: one of them meets the select, and a close frees the other.
#[test]
fn a_select_meets_threads() {
    explore(|| {
        let (values, tokens) = (Chan::bounded(0), Chan::bounded(0));
        let (their_values, their_tokens) = (values.clone(), tokens.clone());
        let sending = thread::spawn(move || block(their_values.send(1)).is_ok());
        let receiving = thread::spawn(move || block(their_tokens.recv()));
        let chosen = block_on(async {
            let (mut a, mut b) = (pin!(values.recv_arm()), pin!(tokens.send_arm(2)));
            let cases: &mut [Case<'_>] = &mut [Some(a.as_mut()), Some(b.as_mut())];
            select(cases).await
        });
        values.close().unwrap();
        tokens.close().unwrap();
        assert_eq!(sending.join().unwrap(), chosen == 0);
        assert_eq!(receiving.join().unwrap(), (chosen == 1).then_some(2));
    });
}
