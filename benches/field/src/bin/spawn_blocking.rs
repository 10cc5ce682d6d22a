//! `tokio::task::spawn_blocking`: blocking bodies on tokio's pool of at most 512 threads.

use std::future::Future;
use std::io;
use std::thread;
use std::time::Duration;

use goish_field::blocking::ThreadSignal;
use goish_field::child;
use goish_field::goroutines::{Goroutines, at_once};
use goish_lab::stage::Wrong;
use tokio::runtime::{Handle, Runtime};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::{JoinHandle, spawn_blocking};

struct SpawnBlocking;

impl Goroutines for SpawnBlocking {
    type Handle = JoinHandle<()>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type Signal = ThreadSignal;
    type Runtime = Runtime;

    fn start(
        workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        let runtime = child::tokio(workers)?;
        let handle = runtime.handle().clone();
        // A thread of its own, so that the pool is all the goroutines'.
        thread::Builder::new().spawn(move || {
            let _inside = handle.enter();
            at_once(main);
        })?;
        Ok(runtime)
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        Ok(spawn_blocking(move || at_once(body)))
    }

    async fn join(goroutine: Self::Handle) {
        let joined = Handle::current().block_on(goroutine);
        joined.expect("the panic hook has said why");
    }

    fn detach(goroutine: Self::Handle) {
        drop(goroutine);
    }

    async fn sleep(duration: Duration) {
        thread::sleep(duration);
    }

    fn channel() -> (Self::Sender, Self::Receiver) {
        channel(1)
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.blocking_send(message).is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.blocking_recv()
    }

    fn signal() -> Self::Signal {
        ThreadSignal::default()
    }

    async fn wait(signal: &Self::Signal) {
        signal.wait();
    }

    fn fire(signal: &Self::Signal) {
        signal.fire();
    }
}

fn main() -> ! {
    child::goroutines::<SpawnBlocking>("a pool of 512 threads, tokio's default")
}
