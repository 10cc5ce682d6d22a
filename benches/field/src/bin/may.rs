//! `may`: stackful coroutines on a work-stealing scheduler.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use goish_field::child;
use goish_field::goroutines::{Goroutines, at_once};
use goish_lab::stage::Wrong;
use may::coroutine::{self, Builder, JoinHandle};
use may::sync::SyncFlag;
use may::sync::mpsc::{Receiver, Sender, channel};

struct May;

impl Goroutines for May {
    type Handle = JoinHandle<()>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type Signal = Arc<SyncFlag>;
    type Runtime = ();

    fn start(
        workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        may::config().set_workers(workers);
        may::go!(Builder::new(), move || at_once(main)).map(drop)
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        may::go!(Builder::new(), move || at_once(body))
            .map_err(|error| Wrong::Stopped(format!("may gives no more coroutines: {error}")))
    }

    async fn join(goroutine: Self::Handle) {
        goroutine.join().expect("the panic hook has said why");
    }

    fn detach(goroutine: Self::Handle) {
        drop(goroutine);
    }

    async fn sleep(duration: Duration) {
        coroutine::sleep(duration);
    }

    fn channel() -> (Self::Sender, Self::Receiver) {
        channel()
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().ok()
    }

    fn signal() -> Self::Signal {
        Arc::new(SyncFlag::new())
    }

    async fn wait(signal: &Self::Signal) {
        signal.wait();
    }

    fn fire(signal: &Self::Signal) {
        signal.fire();
    }
}

fn main() -> ! {
    child::goroutines::<May>("its channels are unbounded; stacks of 32 KiB each, its default")
}
