//! `tokio::spawn`: futures on tokio's multi-threaded scheduler. What goish's goroutines are.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use goish_field::child;
use goish_field::goroutines::Goroutines;
use goish_lab::stage::Wrong;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

struct Tokio;

impl Goroutines for Tokio {
    type Handle = JoinHandle<()>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type Signal = Arc<Semaphore>;
    type Runtime = Runtime;

    fn start(
        workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        let runtime = child::tokio(workers)?;
        runtime.spawn(main);
        Ok(runtime)
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        Ok(tokio::spawn(body))
    }

    async fn join(goroutine: Self::Handle) {
        goroutine.await.expect("the panic hook has said why");
    }

    fn detach(goroutine: Self::Handle) {
        drop(goroutine);
    }

    async fn sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn channel() -> (Self::Sender, Self::Receiver) {
        channel(1)
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).await.is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await
    }

    fn signal() -> Self::Signal {
        Arc::new(Semaphore::new(0))
    }

    async fn wait(signal: &Self::Signal) {
        // The signal is that the semaphore closes.
        let _ = signal.acquire().await;
    }

    fn fire(signal: &Self::Signal) {
        signal.close();
    }
}

fn main() -> ! {
    child::goroutines::<Tokio>("")
}
