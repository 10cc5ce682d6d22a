//! `glommio`: futures that stay on one thread, over io_uring.
//!
//! Its tasks and channels belong to their thread, and each is wrapped so that the cases, written for
//! runtimes whose tasks may move, accept it: the wrapper compares thread ids.

use std::future::Future;
use std::io;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use glommio::channels::local_channel::{LocalReceiver, LocalSender, new_bounded};
use glommio::sync::Semaphore;
use glommio::{LocalExecutorBuilder, Placement, Task, spawn_local, timer};
use goish_field::child;
use goish_field::goroutines::Goroutines;
use goish_lab::stage::Wrong;
use send_wrapper::SendWrapper;

struct Glommio;

impl Goroutines for Glommio {
    type Handle = SendWrapper<Task<()>>;
    type Sender = SendWrapper<Rc<LocalSender<u64>>>;
    type Receiver = SendWrapper<LocalReceiver<u64>>;
    type Signal = SendWrapper<Rc<Semaphore>>;
    type Runtime = ();

    fn start(
        _workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime> {
        let (say, said) = mpsc::sync_channel(1);
        thread::Builder::new().spawn(move || {
            match LocalExecutorBuilder::new(Placement::Unbound).make() {
                Ok(executor) => {
                    let _ = say.send(Ok(()));
                    executor.run(main);
                }
                Err(error) => {
                    let _ = say.send(Err(io::Error::other(error.to_string())));
                }
            }
        })?;
        said.recv().map_err(io::Error::other)?
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        Ok(SendWrapper::new(spawn_local(body)))
    }

    fn join(goroutine: Self::Handle) -> impl Future<Output = ()> + Send {
        SendWrapper::new(goroutine.take())
    }

    fn detach(goroutine: Self::Handle) {
        goroutine.take().detach();
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send {
        SendWrapper::new(async move { timer::sleep(duration).await })
    }

    fn channel() -> (Self::Sender, Self::Receiver) {
        let (sender, receiver) = new_bounded(1);
        (
            SendWrapper::new(Rc::new(sender)),
            SendWrapper::new(receiver),
        )
    }

    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = bool> + Send {
        SendWrapper::new(async move { sender.send(message).await.is_ok() })
    }

    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send {
        SendWrapper::new(receiver.recv())
    }

    fn signal() -> Self::Signal {
        SendWrapper::new(Rc::new(Semaphore::new(0)))
    }

    fn wait(signal: &Self::Signal) -> impl Future<Output = ()> + Send {
        SendWrapper::new(async move {
            // The signal is that the semaphore closes.
            let _ = signal.acquire(1).await;
        })
    }

    fn fire(signal: &Self::Signal) {
        signal.close();
    }
}

fn main() -> ! {
    child::goroutines::<Glommio>(
        "all goroutines on one thread: what talks to each other does not use a second core",
    )
}
