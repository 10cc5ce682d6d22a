//! `async-std`: futures on its executor. Discontinued; its authors name smol instead.

use std::future::Future;
use std::io;
use std::time::Duration;

use async_std::channel::{Receiver, Sender, bounded};
use async_std::task::{self, JoinHandle};
use goish_field::child;
use goish_field::goroutines::Goroutines;
use goish_lab::stage::Wrong;

struct AsyncStd;

impl Goroutines for AsyncStd {
    type Handle = JoinHandle<()>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    // Waiters receive on a channel that carries nothing and is closed.
    type Signal = Receiver<()>;
    type Runtime = ();

    /// Its workers are as many as `ASYNC_STD_THREAD_COUNT` says, which the lab sets.
    fn start(
        _workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        drop(task::spawn(main));
        Ok(())
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        Ok(task::spawn(body))
    }

    async fn join(goroutine: Self::Handle) {
        goroutine.await;
    }

    fn detach(goroutine: Self::Handle) {
        drop(goroutine);
    }

    async fn sleep(duration: Duration) {
        task::sleep(duration).await;
    }

    fn channel() -> (Self::Sender, Self::Receiver) {
        bounded(1)
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).await.is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
    }

    fn signal() -> Self::Signal {
        let (sender, receiver) = bounded(1);
        // The receivers close it.
        std::mem::forget(sender);
        receiver
    }

    async fn wait(signal: &Self::Signal) {
        let _ = signal.recv().await;
    }

    fn fire(signal: &Self::Signal) {
        signal.close();
    }
}

fn main() -> ! {
    child::goroutines::<AsyncStd>("")
}
