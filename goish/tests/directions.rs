//! Channels of one direction, on every engine.

use std::sync::{Arc, LazyLock};

use goish::engine::Engine;
use goish::prelude::*;

mod common;
use common::{for_each_engine, on_one_and_two_workers};

/// Go by Example's: a ping through two functions that each have one end of each channel.
fn ping_pong<E: Engine>() {
    fn ping<E: Engine>(pings: SendChan<string, E>, text: &str) {
        pings.Send(text.into());
    }
    fn pong<E: Engine>(pings: RecvChan<string, E>, pongs: SendChan<string, E>) {
        pongs.Send(pings.Recv().0);
    }
    let pings = Chan::<string, E>::new(1);
    let pongs = Chan::<string, E>::new(1);
    ping(pings.Sender(), "passed");
    pong(pings.Receiver(), pongs.Sender());
    assert_eq!(pongs.RecvOk(), ("passed".into(), true));
}

/// Each operation, as a goroutine does it and as a plain thread does.
fn operations<E: Engine>() {
    let c = Chan::<int, E>::new(1);
    let (to, from): (SendChan<_, _>, RecvChan<_, _>) = (c.Sender(), (&c).into());
    to.Send(1);
    assert!(!to.TrySend(2) && to.try_send(2).is_err());
    assert_eq!((to.Len(), to.Cap(), from.Len(), from.Cap()), (1, 1, 1, 1));
    assert_eq!(from.TryRecv(), (1, true));
    assert!(to.TrySend(2));
    assert_eq!(from.try_recv(), Ok(2));
    let (to_inside, from_inside) = (to.clone(), from.clone());
    let g = go! {
        to_inside.Send(3);
        assert!(!to_inside.TrySend(4));
        assert_eq!(from_inside.RecvOk(), (3, true));
        assert_eq!(from_inside.TryRecv(), (0, false));
        to_inside.send(4).await.unwrap();
        assert_eq!(from_inside.recv().await, Some(4));
        select! {
            send(to_inside, 5) => {}
            recv(from_inside) => unreachable!(),
        }
        select! {
            recv(from_inside) |v, ok| => assert_eq!((v, ok), (5, true)),
            default => unreachable!(),
        }
        to_inside.Send(6);
        close!(to_inside);
        let mut got = vec![];
        for v in range!(from_inside) {
            got.push(v);
        }
        assert_eq!(got, [6]);
        assert_eq!(from_inside.RecvOk(), (0, false));
    };
    g.Wait().unwrap();
    assert_eq!(range!(from).count(), 0, "it is closed and drained");
    select! { recv(from) |v, ok| => assert_eq!((v, ok), (0, false)) }
    assert_eq!(runtime::blocking_calls(), []);
}

/// They are handles to the channel that they were made of.
fn identity<E: Engine>() {
    let (c, d) = (Chan::<int, E>::new(1), Chan::<int, E>::new(1));
    assert!(c.Sender() == c.Sender() && c.Sender() != d.Sender());
    assert!(c.Receiver() == c && c == c.Sender() && d != c.Receiver());
    assert!(SendChan::<int, E>::nil().IsNil() && RecvChan::<int, E>::default().is_nil());
    assert!(!c.Sender().IsNil() && Chan::<int, E>::nil().Receiver().IsNil());
    assert_eq!(format!("{:?}", c.Sender()), format!("{c:?}"));
}

/// Behind what `select!` and a method call look through.
fn references<E: Engine>() {
    struct Ends<E: Engine> {
        to: SendChan<int, E>,
        from: RecvChan<int, E>,
    }
    let c = Chan::<int, E>::new(1);
    let ends = Arc::new(Ends {
        to: c.Sender(),
        from: c.Receiver(),
    });
    let inside = ends.clone();
    go! {
        for n in 0..2 {
            select! { send(inside.to, n) => {} }
            select! { recv(&inside.from) |v| => assert_eq!(v, n) }
            select! { send(Box::new(inside.to.clone()), n) => {} }
            select! { recv(Arc::new(inside.from.clone())) |v| => assert_eq!(v, n) }
            inside.to.Send(n);
            assert_eq!((&inside.from).RecvOk().0, n);
        }
    }
    .Wait()
    .unwrap();
    ends.to.Send(1);
    assert_eq!(range!(&ends.from).next(), Some(1));
}

static DONE: LazyLock<(SendChan<()>, RecvChan<()>)> = LazyLock::new(|| {
    let c = chan!(());
    (c.Sender(), c.Receiver())
});

on_one_and_two_workers! {
    fn pass_values_on() {
        for_each_engine!(ping_pong);
    }

    fn do_what_they_may() {
        for_each_engine!(operations);
    }

    fn are_handles() {
        for_each_engine!(identity);
    }

    fn are_seen_through_references() {
        for_each_engine!(references);
    }

    fn may_be_static() {
        go! { DONE.0.Send(()) };
        DONE.1.Recv();
        go! { select! { send(DONE.0, ()) => {} } };
        select! { recv(DONE.1) => {} }
    }

    fn have_the_panics_of_the_channel() {
        let message = |of: fn(SendChan<int>)| {
            let c = chan!(int);
            close!(c);
            let to = c.Sender();
            go! { of(to) }.Wait().unwrap_err().message().to_owned()
        };
        assert_eq!(message(|to| to.Send(1)), "send on closed channel");
        assert_eq!(message(|to| _ = to.TrySend(1)), "send on closed channel");
        assert_eq!(message(|to| to.Close()), "close of closed channel");
        assert_eq!(message(|_| SendChan::<int>::nil().Close()), "close of nil channel");
    }
}
