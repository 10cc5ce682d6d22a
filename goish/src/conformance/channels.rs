//! Values: order, capacity, rendezvous, and what a dropped operation leaves behind.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use super::{Promise, wait_until};
use crate::engine::Engine;
use crate::prelude::*;
use crate::runtime::Gosched;

pub(super) fn promises<E: Engine>() -> Vec<Promise<E>> {
    vec![
        Promise::new(
            "fifo",
            "Order is kept, buffered and unbuffered, through a chain of goroutines.",
            fifo::<E>,
        ),
        Promise::new(
            "chain-10000",
            "A chain of 10,000 goroutines passes a value on, through unbuffered channels.",
            chain::<E>,
        ),
        Promise::new(
            "capacity",
            "For every capacity, receive blocks on empty and send on full, and Len and Cap are right throughout.",
            capacity::<E>,
        ),
        Promise::new(
            "rendezvous",
            "On an unbuffered channel a send returns only after a receiver has the value.",
            rendezvous::<E>,
        )
        .requires(|capabilities| capabilities.rendezvous),
        Promise::new(
            "non-blocking",
            "TrySend and TryRecv answer at once on empty, full and unbuffered channels, for several element types.",
            non_blocking::<E>,
        ),
        Promise::new(
            "unbounded",
            "An unbounded channel takes every send at once, and keeps order.",
            unbounded::<E>,
        )
        .requires(|capabilities| capabilities.unbounded),
        Promise::new(
            "zero-sized",
            "Channels of zero-sized values count them.",
            zero_sized::<E>,
        ),
        Promise::new(
            "sender-order",
            "Parked senders are served in the order in which they parked.",
            sender_order::<E>,
        )
        .requires(|capabilities| capabilities.sender_order),
        Promise::new(
            "cancelled-receive",
            "A receive that is dropped after its value was handed over loses nothing.",
            cancelled_receive::<E>,
        )
        .requires(|capabilities| capabilities.cancellation),
        Promise::new(
            "cancelled-send",
            "A send that is dropped while it waits withdraws its value.",
            cancelled_send::<E>,
        )
        .requires(|capabilities| capabilities.cancellation),
        Promise::new(
            "values-dropped-once",
            "Every value is dropped exactly once, received, buffered or withdrawn.",
            values_dropped_once::<E>,
        ),
        Promise::new(
            "nil-blocks",
            "A nil channel blocks for ever, is never ready, and has neither length nor capacity.",
            nil_blocks::<E>,
        ),
        Promise::new(
            "prime-sieve",
            "The prime sieve, one goroutine per prime, finds the primes.",
            prime_sieve::<E>,
        ),
    ]
}

fn fifo<E: Engine>() {
    for capacity in [0, 1, 10] {
        let c: Chan<int, E> = Chan::new(capacity);
        let sender = c.clone();
        go! { for i in 0..1000 { sender.Send(i); } };
        for i in 0..1000 {
            assert_eq!(c.Recv(), (i, true), "capacity {capacity}");
        }
    }
    // Each goroutine may send only after its predecessor was received.
    let c: Chan<int, E> = Chan::new(0);
    let first: Chan<int, E> = Chan::new(0);
    let mut turn = first.clone();
    for i in 0..100 {
        let (c, mine, next) = (c.clone(), turn, Chan::<int, E>::new(0));
        turn = next.clone();
        go! {
            mine.Recv();
            c.Send(i);
            next.Send(1);
        };
    }
    first.Send(1);
    for i in 0..100 {
        assert_eq!(c.Recv(), (i, true));
    }
    turn.Recv();
}

fn chain<E: Engine>() {
    let last: Chan<int, E> = Chan::new(0);
    let mut right = last.clone();
    for _ in 0..10_000 {
        let left: Chan<int, E> = Chan::new(0);
        let (to, from) = (right, left.clone());
        go! { let (value, _) = from.Recv(); to.Send(value + 1); };
        right = left;
    }
    right.Send(0);
    assert_eq!(last.Recv(), (10_000, true));
}

fn capacity<E: Engine>() {
    for capacity in 0..200 {
        let c: Chan<int, E> = Chan::new(capacity);
        assert_eq!((c.Len(), c.Cap()), (0, capacity as int));
        assert_eq!(
            c.TryRecv(),
            (0, false),
            "receive from empty, capacity {capacity}"
        );
        for i in 0..capacity {
            assert!(c.TrySend(i as int));
            assert_eq!(c.Len(), i as int + 1);
        }
        assert!(!c.TrySend(-1), "send on full, capacity {capacity}");
        // A parked send enters the buffer as soon as there is room, and not before.
        let (sender, returned) = (c.clone(), Arc::new(AtomicBool::new(false)));
        let flag = returned.clone();
        let g = go! { sender.Send(capacity as int); flag.store(true, Ordering::SeqCst); };
        for _ in 0..10 {
            Gosched();
        }
        assert!(
            !returned.load(Ordering::SeqCst),
            "a send on full returned, capacity {capacity}"
        );
        for i in 0..=capacity {
            assert_eq!(c.Recv(), (i as int, true));
        }
        g.Wait().unwrap();
        assert_eq!(c.Len(), 0);
    }
}

fn rendezvous<E: Engine>() {
    for _ in 0..100 {
        let c: Chan<int, E> = Chan::new(0);
        let returned = Arc::new(AtomicBool::new(false));
        let (sender, flag) = (c.clone(), returned.clone());
        let g = go! { sender.Send(1); flag.store(true, Ordering::SeqCst); };
        for _ in 0..10 {
            Gosched();
        }
        assert!(
            !returned.load(Ordering::SeqCst),
            "a send returned before any receive"
        );
        assert_eq!(c.Recv(), (1, true));
        g.Wait().unwrap();
    }
    // A parked receive that leaves does not count as a receiver.
    let c: Chan<int, E> = Chan::new(0);
    {
        let mut receive = pin!(c.recv());
        assert!(poll(receive.as_mut()).is_pending());
    }
    assert!(!c.TrySend(1));
}

fn non_blocking<E: Engine>() {
    fn element<E: Engine, T: Clone + Default + PartialEq + std::fmt::Debug + Send + 'static>(
        value: T,
    ) {
        let rendezvous: Chan<T, E> = Chan::new(0);
        assert_eq!(rendezvous.TryRecv(), (T::default(), false));
        assert!(!rendezvous.TrySend(value.clone()));
        let buffered: Chan<T, E> = Chan::new(1);
        assert_eq!(buffered.TryRecv(), (T::default(), false));
        assert!(buffered.TrySend(value.clone()));
        assert!(!buffered.TrySend(value.clone()));
        assert_eq!(buffered.TryRecv(), (value.clone(), true));
        // With a parked counterpart, a rendezvous is ready.
        let (sender, sent) = (rendezvous.clone(), value.clone());
        go! { sender.Send(sent); };
        let mut received = rendezvous.TryRecv();
        while !received.1 {
            Gosched();
            received = rendezvous.TryRecv();
        }
        assert_eq!(received, (value.clone(), true));
        let receiver = rendezvous.clone();
        let g = go! { receiver.Recv() };
        wait_until(|| rendezvous.TrySend(value.clone()));
        assert_eq!(g.Wait().unwrap(), (value, true));
    }
    element::<E, i32>(7);
    element::<E, u8>(7);
    element::<E, bool>(true);
    element::<E, String>("hello".to_owned());
    element::<E, [u64; 32]>([7; 32]);
}

fn unbounded<E: Engine>() {
    let c: Chan<int, E> = Chan::unbounded();
    for i in 0..100_000 {
        assert!(c.TrySend(i));
    }
    assert_eq!(c.Len(), 100_000);
    for i in 0..100_000 {
        assert_eq!(c.Recv(), (i, true));
    }
    assert_eq!(c.TryRecv(), (0, false));
}

fn zero_sized<E: Engine>() {
    for capacity in [0, 1, 16] {
        let c: Chan<(), E> = Chan::new(capacity);
        let sender = c.clone();
        go! { for _ in 0..1000 { sender.Send(()); } sender.Close(); };
        let mut count = 0;
        for () in range!(c) {
            count += 1;
        }
        assert_eq!(count, 1000);
    }
}

fn sender_order<E: Engine>() {
    for capacity in [0, 2] {
        let c: Chan<int, E> = Chan::new(capacity);
        for i in 0..capacity {
            c.Send(i as int);
        }
        let mut sends: Vec<_> = (0..50)
            .map(|i| Box::pin(c.send(capacity as int + i)))
            .collect();
        for send in &mut sends {
            assert!(poll(send.as_mut()).is_pending());
        }
        for i in 0..capacity as int + 50 {
            assert_eq!(c.TryRecv(), (i, true), "capacity {capacity}");
        }
        for send in &mut sends {
            assert!(poll(send.as_mut()).is_ready());
        }
    }
}

fn cancelled_receive<E: Engine>() {
    for capacity in [0, 1] {
        let c: Chan<int, E> = Chan::new(capacity);
        let mut first = Box::pin(c.recv());
        let mut second = Box::pin(c.recv());
        assert!(poll(first.as_mut()).is_pending());
        assert!(poll(second.as_mut()).is_pending());
        assert!(c.TrySend(1), "a receiver waits");
        drop(first);
        assert_eq!(
            poll(second.as_mut()),
            Poll::Ready(Some(1)),
            "it goes to the next receiver"
        );
        let mut last = Box::pin(c.recv());
        assert!(poll(last.as_mut()).is_pending());
        assert!(c.TrySend(2));
        drop(last);
        assert_eq!(c.TryRecv(), (2, true), "or stays for whoever comes");
    }
}

fn cancelled_send<E: Engine>() {
    let c: Chan<int, E> = Chan::new(0);
    let mut first = Box::pin(c.send(1));
    let mut second = Box::pin(c.send(2));
    assert!(poll(first.as_mut()).is_pending());
    assert!(poll(second.as_mut()).is_pending());
    drop(first);
    assert_eq!(c.TryRecv(), (2, true));
    assert!(poll(second.as_mut()).is_ready());
    assert_eq!(c.TryRecv(), (0, false));
}

fn values_dropped_once<E: Engine>() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Value;
    impl Value {
        fn new() -> Self {
            MADE.fetch_add(1, Ordering::SeqCst);
            Value
        }
    }
    impl Drop for Value {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }
    for capacity in [0, 1, 8] {
        let c: Chan<Value, E> = Chan::new(capacity);
        let sends: Vec<_> = (0..20)
            .map(|_| {
                let mut send = Box::pin(c.send(Value::new()));
                let _ = poll(send.as_mut()).is_ready();
                send
            })
            .collect();
        for _ in 0..10 {
            drop(c.try_recv());
        }
        drop(sends);
        let mut receive = Box::pin(c.recv());
        let _ = poll(receive.as_mut()).is_ready();
        drop(c.try_send(Value::new()));
        drop(receive);
    }
    assert_eq!(MADE.load(Ordering::SeqCst), DROPPED.load(Ordering::SeqCst));
}

fn nil_blocks<E: Engine>() {
    let never: Chan<int, E> = Chan::nil();
    assert_eq!((never.Len(), never.Cap()), (0, 0));
    assert_eq!(never.TryRecv(), (0, false));
    assert!(!never.TrySend(1));
    assert!(poll(pin!(never.recv()).as_mut()).is_pending());
    assert!(poll(pin!(never.send(1)).as_mut()).is_pending());
    let ready: Chan<int, E> = Chan::new(1);
    for i in 0..100 {
        ready.Send(i);
        select! {
            recv(never) |_v| => panic!("received from nil"),
            send(never, 1) => panic!("sent on nil"),
            recv(ready) |v| => assert_eq!(v, i),
        }
    }
}

fn prime_sieve<E: Engine>() {
    let mut primes: Chan<int, E> = Chan::new(0);
    let numbers = primes.clone();
    go! { for i in 2.. { numbers.Send(i); } };
    let expected = [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71,
    ];
    for prime in expected {
        assert_eq!(primes.Recv(), (prime, true));
        let (from, to) = (primes, Chan::<int, E>::new(0));
        primes = to.clone();
        go! {
            loop {
                let (number, _) = from.Recv();
                if number % prime != 0 {
                    to.Send(number);
                }
            }
        };
    }
}

/// Polls once, for nobody.
fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
