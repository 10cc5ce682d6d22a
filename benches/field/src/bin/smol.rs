//! `smol`: futures on its global executor.

use std::future::Future;
use std::io;
use std::time::Duration;

use goish_field::child;
use goish_field::goroutines::Goroutines;
use goish_lab::stage::Wrong;
use smol::channel::{Receiver, Sender, bounded};
use smol::{Task, Timer};

struct Smol;

impl Goroutines for Smol {
    type Handle = Task<()>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    // Waiters receive on a channel that carries nothing and is closed.
    type Signal = Receiver<()>;
    type Runtime = ();

    /// Its workers are as many as `SMOL_THREADS` says, which the lab sets.
    fn start(
        _workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        smol::spawn(main).detach();
        Ok(())
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        Ok(smol::spawn(body))
    }

    async fn join(goroutine: Self::Handle) {
        goroutine.await;
    }

    fn detach(goroutine: Self::Handle) {
        goroutine.detach();
    }

    async fn sleep(duration: Duration) {
        Timer::after(duration).await;
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
    child::goroutines::<Smol>("")
}
