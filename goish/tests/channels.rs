//! `Chan`'s own surface. What it does to goroutines is in the conformance suite.

use goish::engine::{
    Capabilities, DefaultEngine, Engine, Info, SendError, Support, TryRecvError, TrySendError,
};
use goish::prelude::*;

mod common;
use common::{for_each_engine, on_one_and_two_workers};

#[derive(Debug, PartialEq)]
struct NoZero(int);

fn surface<E: Engine>() {
    let c: Chan<int, E> = Chan::new(2);
    assert_eq!((c.Len(), c.Cap(), c.IsNil()), (0, 2, false));
    c.Send(1);
    assert!(c.TrySend(2) && !c.TrySend(3));
    assert_eq!((c.Len(), c.Cap()), (2, 2));
    assert_eq!(c.try_send(4), Err(TrySendError::Full(4)));
    assert_eq!(
        (c.Recv(), c.TryRecv(), c.TryRecv()),
        ((1, true), (2, true), (0, false))
    );
    assert_eq!(c.try_recv(), Err(TryRecvError::Empty));
    close!(c);
    assert_eq!(c.try_recv(), Err(TryRecvError::Closed));
    assert_eq!(c.try_send(5), Err(TrySendError::Closed(5)));

    let unlimited: Chan<int, E> = Chan::unbounded();
    for n in 0..100 {
        unlimited.Send(n);
    }
    assert_eq!((unlimited.Len(), unlimited.Cap()), (100, int::MAX));
    unlimited.Close();
    assert_eq!(range!(unlimited).sum::<int>(), 4950);
}

fn identity<E: Engine>() {
    let (c, d): (Chan<int, E>, Chan<int, E>) = (Chan::new(1), Chan::new(1));
    let (never, other) = (Chan::<int, E>::nil(), Chan::<int, E>::default());
    assert!(c == c.clone() && c != d && c != never && never == other && never.is_nil());
    c.Send(1);
    let text = format!("{c:?} {never:?}");
    assert!(
        text.contains("len: 1") && text.contains(E::INFO.name),
        "{text}"
    );
    assert!(text.ends_with("Chan(nil)"), "{text}");
    assert_eq!(
        (never.Len(), never.Cap(), never.TrySend(1), never.TryRecv()),
        (0, 0, false, (0, false))
    );
}

fn rust_spelling<E: Engine>() {
    let c: Chan<NoZero, E> = Chan::new(0);
    let to = c.clone();
    let g = go! {
        to.send(NoZero(1)).await.unwrap();
        to.Send(NoZero(2));
        to.Close();
        to.send(NoZero(3)).await
    };
    let h = go! { (c.recv().await, c.recv().await, c.recv().await) };
    assert_eq!(h.Wait(), Ok((Some(NoZero(1)), Some(NoZero(2)), None)));
    assert_eq!(g.Wait(), Ok(Err(SendError(NoZero(3)))));
}

/// Values whose types hold lifetimes must not keep a goroutine from being sent to a thread.
fn elements_with_lifetimes<E: Engine>() {
    type Task = Box<dyn FnOnce(&str) -> usize + Send>;
    let words: Chan<&'static str, E> = Chan::new(0);
    let tasks: Chan<Option<Task>, E> = Chan::new(0);
    let (to, from) = (words.clone(), tasks.clone());
    let g = go! {
        to.Send("word");
        let (task, _) = from.Recv();
        select! {
            send(to, "more") => {}
            recv(from) => {}
        }
        for _ in range!(to) {}
        task.map(|task| task("four"))
    };
    assert_eq!(words.Recv(), ("word", true));
    tasks.Send(Some(Box::new(|text| text.len())));
    assert_eq!(words.Recv(), ("more", true));
    close!(words);
    assert_eq!(g.Wait(), Ok(Some(4)));
}

/// An engine that can do nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Poor;

impl Engine for Poor {
    const INFO: Info = Info {
        name: "poor",
        package: "none",
        capabilities: Capabilities {
            buffered: Support::Native,
            rendezvous: Support::Missing("it needs a buffer"),
            unbounded: Support::Missing("it counts on its fingers"),
            close: Support::Missing("it never ends"),
            sender_order: Support::Native,
            select: Support::Missing("it cannot decide"),
            cancellation: Support::Native,
            raw_rendezvous: Support::Native,
        },
    };
    type Channel<T: Send> = <DefaultEngine as Engine>::Channel<T>;
    type Raw = <DefaultEngine as Engine>::Raw;
}

fn panics(operation: impl FnOnce() + Send + 'static) -> String {
    let g = go! { operation() };
    g.Wait().expect_err("it is refused").message().to_owned()
}

on_one_and_two_workers! {
    fn have_gos_names() {
        for_each_engine!(surface);
    }

    fn are_handles() {
        for_each_engine!(identity);
    }

    fn have_rusts_names_too() {
        for_each_engine!(rust_spelling);
    }

    fn carry_what_borrows_for_ever() {
        for_each_engine!(elements_with_lifetimes);
    }

    fn refuse_what_the_engine_lacks() {
        let name = "the channel engine `poor` does not offer";
        assert_eq!(
            panics(|| drop(Chan::<int, Poor>::new(0))),
            format!("{name} a channel of capacity 0: it needs a buffer")
        );
        assert_eq!(
            panics(|| drop(Chan::<int, Poor>::unbounded())),
            format!("{name} a channel without a limit: it counts on its fingers")
        );
        assert_eq!(
            panics(|| Chan::<int, Poor>::new(1).Close()),
            format!("{name} close: it never ends")
        );
        let select = format!("{name} select!: it cannot decide");
        assert_eq!(panics(|| select! { recv(Chan::<int, Poor>::new(1)) => {} }), select);
        let c = Chan::<int, Poor>::new(1);
        let g = go! {
            c.Send(1);
            assert_eq!(c.Recv(), (1, true));
            select! { send(c, 1) => {}, default => {} }
        };
        assert_eq!(g.Wait().unwrap_err().message(), select);
        let message = panics(|| drop(chan!(int, -1)));
        assert_eq!(message, "makechan: a channel's capacity is 0 or more, and -1 is not");
    }

    fn nil_blocks_for_ever() {
        let never: Chan<int> = Chan::nil();
        let mut receive = Box::pin(never.recv());
        let mut send = Box::pin(never.send(1));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(std::future::Future::poll(receive.as_mut(), &mut context).is_pending());
        assert!(std::future::Future::poll(send.as_mut(), &mut context).is_pending());
        let (one, other) = (never.clone(), never.clone());
        go! { one.Recv(); panic!("nil gave something") };
        go! { Chan::Send(&other, 1); panic!("nil took something") };
        while runtime::blocking_calls().is_empty() {
            runtime::Gosched();
        }
        assert_eq!(runtime::NumGoroutine(), 3);
    }
}
