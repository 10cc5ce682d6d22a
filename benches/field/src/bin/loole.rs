//! `loole`: an async and blocking MPMC channel, here as a plain tokio program would use it.

use std::alloc::System;
use std::future::Future;
use std::sync::mpsc;

use goish_field::child;
use goish_lab::allocator::CountingAllocator;
use goish_lab::subject::{Capacity, Subject};
use goish_results::record::Mode;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

struct Loole;

impl Subject for Loole {
    const MODE: Mode = Mode::Raw;
    const NAME: &'static str = "loole";
    type Sender = loole::Sender<u64>;
    type Receiver = loole::Receiver<u64>;
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
            Capacity::Bounded(capacity) => loole::bounded(capacity),
            Capacity::Unbounded => loole::unbounded(),
        }
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send_async(message).await.is_ok()
    }

    fn another(receiver: &Self::Receiver) -> Self::Receiver {
        receiver.clone()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv_async().await.ok()
    }

    async fn recv_beside(receiver: &Self::Receiver) -> Option<u64> {
        receiver.recv_async().await.ok()
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

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator(System);

fn main() -> ! {
    child::channels::<Loole>(|_| None, |_| None);
}
