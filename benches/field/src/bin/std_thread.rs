//! `std::thread`: a thread of the system for each goroutine.

use std::future::Future;
use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use goish_field::blocking::ThreadSignal;
use goish_field::child;
use goish_field::goroutines::{Goroutines, at_once, no_more};
use goish_lab::stage::Wrong;

struct StdThread;

impl Goroutines for StdThread {
    type Handle = JoinHandle<()>;
    type Sender = SyncSender<u64>;
    type Receiver = Receiver<u64>;
    type Signal = ThreadSignal;
    type Runtime = JoinHandle<()>;

    fn start(
        _workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        thread::Builder::new().spawn(move || at_once(main))
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        let thread = thread::Builder::new().spawn(move || at_once(body));
        thread.map_err(|error| no_more(&error))
    }

    async fn join(goroutine: Self::Handle) {
        goroutine.join().expect("the panic hook has said why");
    }

    fn detach(goroutine: Self::Handle) {
        drop(goroutine);
    }

    async fn sleep(duration: Duration) {
        thread::sleep(duration);
    }

    fn channel() -> (Self::Sender, Self::Receiver) {
        sync_channel(1)
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().ok()
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
    child::goroutines::<StdThread>(
        "stacks of 2 MiB each, of which the resident set counts what was touched, without the kernel's own 16 KiB a thread",
    )
}
