//! goish's own goroutines, with its default engine's channels.

use std::future::Future;
use std::io;
use std::time::Duration;

use goish_field::child;
use goish_field::goroutines::Goroutines;
use goish_lab::stage::Wrong;
use today::{Chan, Goroutine, runtime};

struct Goish;

impl Goroutines for Goish {
    type Handle = Goroutine<()>;
    type Sender = Chan<u64>;
    type Receiver = Chan<u64>;
    type Signal = Chan<u64>;
    type Runtime = ();

    fn start(
        workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        runtime::GOMAXPROCS(workers as i64);
        drop(runtime::spawn(main));
        Ok(())
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        Ok(runtime::spawn(body))
    }

    async fn join(goroutine: Self::Handle) {
        let joined = goroutine.wait().await;
        joined.expect("the panic hook has said why");
    }

    fn detach(goroutine: Self::Handle) {
        drop(goroutine);
    }

    async fn sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn channel() -> (Self::Sender, Self::Receiver) {
        let channel = Chan::new(1);
        (channel.clone(), channel)
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).await.is_ok()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await
    }

    fn signal() -> Self::Signal {
        Chan::new(1)
    }

    async fn wait(signal: &Self::Signal) {
        signal.recv().await;
    }

    fn fire(signal: &Self::Signal) {
        signal.Close();
    }
}

fn main() -> ! {
    child::goroutines::<Goish>("")
}
