//! Close.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Promise, assert_panics};
use crate::engine::Engine;
use crate::prelude::*;
use crate::runtime::Gosched;

pub(super) fn promises<E: Engine>() -> Vec<Promise<E>> {
    vec![
        Promise::new(
            "close-drains",
            "After close the buffered values are still received, then zero and false.",
            drains::<E>,
        ),
        Promise::new(
            "close-wakes-receivers",
            "Close wakes every parked receiver, with zero and false.",
            wakes_receivers::<E>,
        )
        .requires(|capabilities| capabilities.close),
        Promise::new(
            "close-wakes-senders",
            "Close wakes every parked sender, which panics; its value is never received.",
            wakes_senders::<E>,
        )
        .requires(|capabilities| capabilities.close),
        Promise::new(
            "closed-operations",
            "On a closed channel every kind of receive is ready, every kind of send panics, and so does close.",
            operations::<E>,
        ),
        Promise::new(
            "range-ends-at-close",
            "Ranging over a channel ends at close, and only then.",
            range_ends::<E>,
        ),
        Promise::new(
            "close-race",
            "A send that races close is either received or panics, never neither, never both.",
            race::<E>,
        )
        .requires(|capabilities| capabilities.close),
        Promise::new(
            "receive-races-close",
            "A non-blocking receive that races a close sees the value or the close.",
            receive_races_close::<E>,
        ),
    ]
}

fn drains<E: Engine>() {
    for capacity in [1, 3, 100] {
        let c: Chan<int, E> = Chan::new(capacity);
        for i in 0..capacity {
            c.Send(i as int + 1);
        }
        c.Close();
        for i in 0..capacity {
            assert_eq!(c.Len(), (capacity - i) as int);
            assert_eq!(c.Recv(), (i as int + 1, true));
        }
        for _ in 0..3 {
            assert_eq!(c.Recv(), (0, false));
        }
    }
}

fn wakes_receivers<E: Engine>() {
    for capacity in [0, 1, 10] {
        let c: Chan<int, E> = Chan::new(capacity);
        let receivers: Vec<_> = (0..100)
            .map(|_| {
                let c = c.clone();
                go! { c.Recv() }
            })
            .collect();
        for _ in 0..100 {
            Gosched();
        }
        close!(c);
        for receiver in receivers {
            assert_eq!(receiver.Wait().unwrap(), (0, false));
        }
    }
}

fn wakes_senders<E: Engine>() {
    for capacity in [0, 2] {
        let c: Chan<int, E> = Chan::new(capacity);
        for i in 0..capacity {
            c.Send(i as int);
        }
        let mut parked = Box::pin(c.send(-1));
        assert!(
            parked
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()))
                .is_pending()
        );
        let senders: Vec<_> = (0..100)
            .map(|_| {
                let c = c.clone();
                go! { c.Send(-1); }
            })
            .collect();
        for _ in 0..100 {
            Gosched();
        }
        c.Close();
        // Nothing of what was parked may show up, whether or not its sender has run since.
        for i in 0..capacity {
            assert_eq!(c.Recv(), (i as int, true));
        }
        assert_eq!(c.Recv(), (0, false));
        for sender in senders {
            let error = sender.Wait().expect_err("a parked sender must panic");
            assert!(
                error.to_string().contains("send on closed channel"),
                "{error}"
            );
        }
        let woken = parked
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        assert!(
            matches!(woken, Poll::Ready(Err(_))),
            "a parked send comes back"
        );
    }
}

fn operations<E: Engine>() {
    for capacity in [0, 2] {
        for buffered in 0..=capacity {
            let c: Chan<int, E> = Chan::new(capacity);
            for _ in 0..buffered {
                c.Send(1);
            }
            c.Close();
            assert_panics("send on closed channel", || c.Send(2));
            assert_panics("send on closed channel", || {
                let _ = c.TrySend(2);
            });
            assert_panics("send on closed channel", || select! { send(c, 2) => {} });
            assert_panics(
                "send on closed channel",
                || select! { send(c, 2) => {}, default => {} },
            );
            assert_panics("close of closed channel", || c.Close());
            for _ in 0..buffered {
                assert_eq!(c.TryRecv(), (1, true));
            }
            assert_eq!(c.Recv(), (0, false));
            assert_eq!(c.TryRecv(), (0, false));
            let selected = select! { recv(c) |v, ok| => (v, ok) };
            assert_eq!(selected, (0, false));
            let selected =
                select! { recv(c) |v, ok| => (v, ok), default => panic!("it was ready") };
            assert_eq!(selected, (0, false));
        }
    }
    assert_panics("close of nil channel", || Chan::<int, E>::nil().Close());
}

fn range_ends<E: Engine>() {
    for capacity in [0, 5] {
        let c: Chan<int, E> = Chan::new(capacity);
        let sender = c.clone();
        go! { for i in 0..100 { sender.Send(i); } sender.Close(); };
        let mut expected = 0;
        for value in range!(c) {
            assert_eq!(value, expected);
            expected += 1;
        }
        assert_eq!(expected, 100);
    }
}

fn race<E: Engine>() {
    for round in 0..500 {
        let c: Chan<int, E> = Chan::new(round % 3);
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let c = c.clone();
                go! { c.Send(1); }
            })
            .collect();
        let closer = c.clone();
        let g = go! { closer.Close(); };
        let mut received = 0;
        for value in range!(c) {
            received += value;
        }
        let sent = senders
            .into_iter()
            .map(|g| g.Wait().is_ok() as int)
            .sum::<int>();
        assert_eq!(sent, received, "capacity {}", round % 3);
        g.Wait().unwrap();
    }
}

fn receive_races_close<E: Engine>() {
    for _ in 0..500 {
        let c: Chan<int, E> = Chan::new(1);
        let closer = c.clone();
        c.Send(1);
        let g = go! { closer.Close(); };
        let first = c.try_recv();
        assert_eq!(
            first.ok(),
            Some(1),
            "the sender has returned, so the value is there"
        );
        g.Wait().unwrap();
        assert_eq!(
            pin!(c.recv()).poll(&mut Context::from_waker(Waker::noop())),
            Poll::Ready(None)
        );
    }
}
