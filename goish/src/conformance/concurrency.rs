//! Many goroutines at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use super::Promise;
use crate::engine::Engine;
use crate::prelude::*;
use crate::runtime::Gosched;
use crate::sync::WaitGroup;

pub(super) fn promises<E: Engine>() -> Vec<Promise<E>> {
    vec![
        Promise::new(
            "many-to-many",
            "Many senders and receivers over shared channels lose and duplicate nothing.",
            many_to_many::<E>,
        ),
        Promise::new(
            "multi-consumer",
            "Many consumers of one channel: the totals agree.",
            multi_consumer::<E>,
        ),
        Promise::new(
            "happens-before",
            "What was written before a send is seen after its receive, and before close after the receive that reports it.",
            happens_before::<E>,
        ),
        Promise::new(
            "semaphore",
            "The k-th receive on capacity C completes before the k+C-th send: a channel is a semaphore.",
            semaphore::<E>,
        ),
        Promise::new(
            "mass-close",
            "Close wakes 10,000 parked goroutines, and each of them once.",
            mass_close::<E>,
        ),
    ]
}

fn many_to_many<E: Engine>() {
    for capacity in [0, 1, 16] {
        let channels: Vec<Chan<int, E>> = (0..4).map(|_| Chan::new(capacity)).collect();
        let total = Arc::new(AtomicI64::new(0));
        let (senders, receivers) = (WaitGroup::new(), WaitGroup::new());
        for worker in 0..8 {
            let (mine, done) = (channels.clone(), senders.clone());
            senders.Add(1);
            go! {
                for i in 0..1_000 {
                    mine[(worker + i) % 4].Send(i as int);
                }
                done.Done();
            };
            let (c, total, done) = (
                channels[worker % 4].clone(),
                total.clone(),
                receivers.clone(),
            );
            receivers.Add(1);
            go! {
                for v in range!(c) {
                    total.fetch_add(v, Ordering::Relaxed);
                }
                done.Done();
            };
        }
        senders.Wait();
        channels.iter().for_each(Chan::Close);
        receivers.Wait();
        assert_eq!(
            total.load(Ordering::Relaxed),
            8 * 499_500,
            "capacity {capacity}"
        );
    }
}

fn multi_consumer<E: Engine>() {
    const MESSAGES: int = 20_000;
    for capacity in [0, 10] {
        let (work, results): (Chan<int, E>, Chan<int, E>) =
            (Chan::new(capacity), Chan::new(capacity));
        let consumers = WaitGroup::new();
        for _ in 0..23 {
            let (work, results, done) = (work.clone(), results.clone(), consumers.clone());
            consumers.Add(1);
            go! {
                for v in range!(work) {
                    if v % 8 == 0 {
                        Gosched();
                    }
                    results.Send(v);
                }
                done.Done();
            };
        }
        let feeder = work.clone();
        go! { for i in 0..MESSAGES { feeder.Send(i); } feeder.Close(); };
        let closer = results.clone();
        go! { consumers.Wait(); closer.Close(); };
        let (mut count, mut sum) = (0, 0);
        for v in range!(results) {
            count += 1;
            sum += v;
        }
        assert_eq!((count, sum), (MESSAGES, MESSAGES * (MESSAGES - 1) / 2));
    }
}

fn happens_before<E: Engine>() {
    for capacity in [0, 1] {
        for i in 0..500 {
            // Relaxed: only the channel orders the write before the read.
            let written = Arc::new(AtomicI64::new(0));
            let c: Chan<int, E> = Chan::new(capacity);
            let (writer, sender) = (written.clone(), c.clone());
            go! {
                writer.store(i + 1, Ordering::Relaxed);
                if i % 2 == 0 { sender.Send(1); } else { sender.Close(); }
            };
            c.Recv();
            assert_eq!(written.load(Ordering::Relaxed), i + 1);
        }
    }
}

fn semaphore<E: Engine>() {
    for limit in [1_usize, 3] {
        let tokens: Chan<(), E> = Chan::new(limit as int);
        let (inside, done) = (Arc::new(AtomicUsize::new(0)), WaitGroup::new());
        for _ in 0..20 {
            let (tokens, inside, finished) = (tokens.clone(), inside.clone(), done.clone());
            done.Add(1);
            go! {
                for _ in 0..100 {
                    tokens.Send(());
                    assert!(inside.fetch_add(1, Ordering::SeqCst) < limit);
                    Gosched();
                    inside.fetch_sub(1, Ordering::SeqCst);
                    tokens.Recv();
                }
                finished.Done();
            };
        }
        done.Wait();
    }
}

fn mass_close<E: Engine>() {
    let c: Chan<int, E> = Chan::new(0);
    let woken = Arc::new(AtomicUsize::new(0));
    let done = WaitGroup::new();
    for _ in 0..10_000 {
        let (c, woken, finished) = (c.clone(), woken.clone(), done.clone());
        done.Add(1);
        go! {
            let (_, ok) = c.Recv();
            assert!(!ok);
            woken.fetch_add(1, Ordering::SeqCst);
            finished.Done();
        };
    }
    c.Close();
    done.Wait();
    assert_eq!(woken.load(Ordering::SeqCst), 10_000);
}
