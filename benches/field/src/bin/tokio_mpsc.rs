//! `tokio::sync::mpsc`: channels of many senders and one receiver.

use std::alloc::System;
use std::future::Future;
use std::sync::mpsc;

use goish_field::child;
use goish_lab::allocator::CountingAllocator;
use goish_lab::cases;
use goish_lab::protocol::Request;
use goish_lab::subject::{Capacity, Subject};
use goish_results::record::Mode;
use tokio::runtime::Runtime;
use tokio::sync::mpsc as tokio_mpsc;
use tokio::task::JoinHandle;

/// Only cases with one receiver come here.
struct TokioMpsc;

#[derive(Clone)]
enum Sender {
    Bounded(tokio_mpsc::Sender<u64>),
    Unbounded(tokio_mpsc::UnboundedSender<u64>),
}

enum Receiver {
    Bounded(tokio_mpsc::Receiver<u64>),
    Unbounded(tokio_mpsc::UnboundedReceiver<u64>),
}

impl Subject for TokioMpsc {
    const MODE: Mode = Mode::Raw;
    const NAME: &'static str = "tokio-mpsc";
    type Sender = Sender;
    type Receiver = Receiver;
    type Task<T: Send + 'static> = JoinHandle<T>;
    type Runtime = Runtime;

    fn runtime(workers: usize) -> std::io::Result<Self::Runtime> {
        child::tokio(workers)
    }

    fn start<F>(runtime: &Self::Runtime, future: F) -> mpsc::Receiver<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        child::start(runtime, future)
    }

    fn channel(capacity: Capacity) -> (Self::Sender, Self::Receiver) {
        match capacity {
            Capacity::Bounded(capacity) => {
                // It has no rendezvous, and panics when it is asked for one.
                let (sender, receiver) = tokio_mpsc::channel(capacity.max(1));
                (Sender::Bounded(sender), Receiver::Bounded(receiver))
            }
            Capacity::Unbounded => {
                let (sender, receiver) = tokio_mpsc::unbounded_channel();
                (Sender::Unbounded(sender), Receiver::Unbounded(receiver))
            }
        }
    }

    fn another(_: &Self::Receiver) -> Self::Receiver {
        unreachable!("cases of many receivers are refused")
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        match sender {
            Sender::Bounded(sender) => sender.send(message).await.is_ok(),
            Sender::Unbounded(sender) => sender.send(message).is_ok(),
        }
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        match receiver {
            Receiver::Bounded(receiver) => receiver.recv().await,
            Receiver::Unbounded(receiver) => receiver.recv().await,
        }
    }

    async fn recv_beside(_: &Self::Receiver) -> Option<u64> {
        unreachable!("cases of many receivers are refused")
    }

    fn end(sender: Self::Sender) {
        drop(sender);
    }

    fn spawn<F>(future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }

    async fn join<T: Send + 'static>(task: Self::Task<T>) -> T {
        task.await.expect("the panic hook has said why")
    }
}

fn refuses(request: &Request) -> Option<String> {
    let many = ["contended-16", "parked-1m", "cancel"].contains(&request.case.as_str());
    many.then(|| "tokio::sync::mpsc has one receiver".to_owned())
}

fn note(request: &Request) -> Option<String> {
    let case = cases::find(&request.case, &request.param).ok()?;
    let rendezvous = case.workload.needs_rendezvous();
    rendezvous.then(|| "capacity 1: tokio::sync::mpsc has no rendezvous".to_owned())
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator(System);

fn main() -> ! {
    child::channels::<TokioMpsc>(refuses, note);
}
