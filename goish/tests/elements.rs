//! Elements of any size: up to what Go's channels take, 64 KiB, through every operation, also in a build
//! without optimisation, in which every move of a value is a copy on the stack.

use goish::prelude::*;

mod common;
use common::on_one_and_two_workers;

const LARGEST: usize = 65_535;

/// What Go's channels take at most. It has a zero value, as arrays of more than 32 have none in Rust.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Large([u8; LARGEST]);

impl Default for Large {
    fn default() -> Self {
        Self([0; LARGEST])
    }
}

impl Large {
    fn of(byte: u8) -> Self {
        Self([byte; LARGEST])
    }

    fn is_of(&self, byte: u8) -> bool {
        self.0.iter().all(|&each| each == byte)
    }
}

/// On a thread with a stack as large as `main`'s: a test's own is a quarter of that.
fn as_main(program: fn()) {
    let thread = std::thread::Builder::new().stack_size(8 << 20);
    thread.spawn(program).unwrap().join().unwrap();
}

fn are_sent_and_received() {
    for capacity in [0, 1] {
        let c = chan!([u8; LARGEST], capacity);
        let to = c.clone();
        let g = go! {
            to.Send([7u8; 65535]);
            close!(to);
        };
        for value in range!(c) {
            assert!(value.iter().all(|&byte| byte == 7));
        }
        g.Wait().unwrap();
    }
    for capacity in [0, 1] {
        let (c, d) = (chan!(Large, capacity), chan!(Large, capacity));
        let (from, to) = (c.clone(), d.clone());
        let g = go! {
            let (first, ok) = from.Recv();
            assert!(ok && first.is_of(1));
            to.Send(first);
            to.Send(from.Recv().0);
            for each in range!(from) {
                to.Send(each);
            }
            assert!(!from.Recv().1);
            close!(to);
        };
        for byte in 1..4 {
            c.Send(Large::of(byte));
            assert!(d.Recv().0.is_of(byte));
        }
        close!(c);
        assert!(!d.Recv().1);
        g.Wait().unwrap();
    }
}

fn are_tried() {
    let c = chan!(Large, 1);
    let g = go! {
        assert!(c.TrySend(Large::of(1)) && !c.TrySend(Large::of(2)));
        let (value, ok) = c.TryRecv();
        assert!(ok && value.is_of(1) && !c.TryRecv().1);
    };
    g.Wait().unwrap();
}

fn are_selected() {
    let (c, d) = (chan!(Large), chan!(Large));
    let (from, to) = (c.clone(), d.clone());
    let g = go! {
        let mut open = true;
        while open {
            select! {
                recv(from) |value, ok| => {
                    open = ok;
                    select! {
                        send(to, value) => {}
                        recv(Chan::<Large>::nil()) |value| => assert!(value.is_of(0)),
                    }
                }
            }
            select! {
                recv(Chan::<Large>::nil()) |value| => assert!(value.is_of(0)),
                default => {}
            }
        }
    };
    for byte in 1..4 {
        select! { send(c, Large::of(byte)) => {} }
        select! { recv(d) |value, ok| => assert!(ok && value.is_of(byte)) }
    }
    close!(c);
    d.Recv();
    g.Wait().unwrap();
}

fn pass_through_plain_functions() {
    fn relay(from: Chan<Large>, to: Chan<Large>) {
        for each in range!(from) {
            select! {
                send(to, each) => {}
                recv(Chan::<Large>::nil()) |value| => assert!(value.is_of(0)),
            }
        }
        to.Send(Large::of(9));
    }
    let (c, d) = (chan!(Large), chan!(Large));
    let (from, to) = (c.clone(), d.clone());
    let g = go! { relay(from, to) };
    c.Send(Large::of(1));
    assert!(d.Recv().0.is_of(1));
    close!(c);
    assert!(d.Recv().0.is_of(9));
    g.Wait().unwrap();
}

fn are_kept_and_given_back() {
    let kept = Large::of(3);
    let g = go! {
        runtime::Gosched();
        kept
    };
    assert!(g.Wait().unwrap().is_of(3));
    let shared = sync::Mutex::new(Large::of(4));
    let g = go! {
        let guard = shared.Lock();
        *guard
    };
    let g = go! { g.Wait().unwrap() };
    assert!(g.Wait().unwrap().is_of(4));
}

on_one_and_two_workers! {
    fn are_sent_and_received() {
        as_main(super::are_sent_and_received);
    }

    fn are_tried() {
        as_main(super::are_tried);
    }

    fn are_selected() {
        as_main(super::are_selected);
    }

    fn pass_through_plain_functions() {
        as_main(super::pass_through_plain_functions);
    }

    fn are_kept_and_given_back() {
        as_main(super::are_kept_and_given_back);
    }
}
