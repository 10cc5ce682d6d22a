//! What a workload runs on: an engine's own API on a plain tokio runtime, or goish.
//!
//! Each workload is written once over [`Subject`] and compiled once per engine and mode, so that
//! raw and goish run the same loop and the difference between them is the price of Go's rules.

use std::future::{Future, ready};
use std::marker::PhantomData;
use std::sync::mpsc;

use goish::Chan;
use goish_engines::{Engine, RawChannels, RawReceiver, RawSender};
use goish_results::record::{Figure, Mode};

use crate::stage::{Stage, Wrong};
use crate::workloads::surface::Surface;

/// How much a channel holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capacity {
    /// This many messages; 0 is a rendezvous.
    Bounded(usize),
    /// No limit.
    Unbounded,
}

/// Channels and tasks of one engine in one mode.
pub trait Subject: Sized + Send + Sync + 'static {
    /// The mode that this is.
    const MODE: Mode;
    /// Its name: the engine's.
    const NAME: &'static str;
    /// A sending handle. The channel ends when the last is dropped (raw) or one is ended (goish).
    type Sender: Clone + Send + Sync + 'static;
    /// A receiving handle.
    type Receiver: Send + Sync + 'static;
    /// A task that can be joined. Dropping it lets the task run on.
    type Task<T: Send + 'static>: Send + 'static;
    /// The runtime that tasks run on.
    type Runtime;

    /// Starts a runtime with this many workers.
    ///
    /// # Errors
    ///
    /// When the operating system gives no thread.
    fn runtime(workers: usize) -> std::io::Result<Self::Runtime>;

    /// Starts a future as a task of the runtime, so that it runs on a worker like everything that
    /// it spawns. Its output arrives at the receiver, which finds the other end gone if it panicked.
    fn start<F>(runtime: &Self::Runtime, future: F) -> mpsc::Receiver<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Makes a channel.
    fn channel(capacity: Capacity) -> (Self::Sender, Self::Receiver);

    /// Sends; `false` when the channel has ended.
    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = bool> + Send;

    /// Another receiving handle of the same channel. Only cases that a channel of one receiver
    /// refuses ask for it.
    fn another(receiver: &Self::Receiver) -> Self::Receiver;

    /// Receives; `None` once the channel has ended and is drained.
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;

    /// Receives through a handle on which other receives wait at the same time. Only cases that a
    /// channel of one receiver refuses ask for it.
    fn recv_beside(receiver: &Self::Receiver) -> impl Future<Output = Option<u64>> + Send;

    /// Ends the channel. Every other sending handle must be dropped by then, and its sends done.
    fn end(sender: Self::Sender);

    /// Starts a task from inside the runtime.
    fn spawn<F>(future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static;

    /// Waits for a task.
    ///
    /// # Panics
    ///
    /// When the task panicked.
    fn join<T: Send + 'static>(task: Self::Task<T>) -> impl Future<Output = T> + Send;

    /// Takes a sample of a case over the whole of goish's surface.
    ///
    /// # Errors
    ///
    /// [`Wrong`] when it did not deliver what it should have delivered, or when this is not goish.
    fn surface(
        _: Surface,
        _scale: u64,
        _: &Stage,
    ) -> impl Future<Output = Result<Vec<Figure>, Wrong>> + Send {
        ready(Err(Wrong::Behaviour("only goish and Go have this case")))
    }
}

/// An engine's own API on a plain tokio runtime.
#[derive(Clone, Copy, Debug)]
pub struct Raw<E>(PhantomData<E>);

type RawSenderOf<E> = <<E as Engine>::Raw as RawChannels>::Sender<u64>;
type RawReceiverOf<E> = <<E as Engine>::Raw as RawChannels>::Receiver<u64>;

impl<E: Engine> Subject for Raw<E> {
    const MODE: Mode = Mode::Raw;
    const NAME: &'static str = E::INFO.name;
    type Sender = RawSenderOf<E>;
    type Receiver = RawReceiverOf<E>;
    type Task<T: Send + 'static> = tokio::task::JoinHandle<T>;
    type Runtime = tokio::runtime::Runtime;

    fn runtime(workers: usize) -> std::io::Result<Self::Runtime> {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(workers)
            .enable_all()
            .build()
    }

    fn start<F>(runtime: &Self::Runtime, future: F) -> mpsc::Receiver<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (output, receiver) = mpsc::sync_channel(1);
        runtime.spawn(async move {
            let _ = output.send(future.await);
        });
        receiver
    }

    fn channel(capacity: Capacity) -> (Self::Sender, Self::Receiver) {
        crate::injection::fatten();
        match capacity {
            Capacity::Bounded(capacity) => E::Raw::bounded(capacity),
            Capacity::Unbounded => E::Raw::unbounded(),
        }
    }

    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = bool> + Send {
        sender.send(message)
    }

    fn another(receiver: &Self::Receiver) -> Self::Receiver {
        receiver.clone()
    }

    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send {
        receiver.recv()
    }

    fn recv_beside(receiver: &Self::Receiver) -> impl Future<Output = Option<u64>> + Send {
        receiver.recv()
    }

    fn end(sender: Self::Sender) {
        sender.end();
    }

    fn spawn<F>(future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        tokio::spawn(future)
    }

    async fn join<T: Send + 'static>(task: Self::Task<T>) -> T {
        task.await
            .expect("the task panicked, and the panic hook has said why")
    }
}

/// goish's channels on goish's runtime, through the spelling that `go!{}` expands to.
#[derive(Clone, Copy, Debug)]
pub struct Goish<E>(PhantomData<E>);

impl<E: Engine> Subject for Goish<E> {
    const MODE: Mode = Mode::Goish;
    const NAME: &'static str = E::INFO.name;
    type Sender = Chan<u64, E>;
    type Receiver = Chan<u64, E>;
    type Task<T: Send + 'static> = goish::Goroutine<T>;
    type Runtime = ();

    fn runtime(workers: usize) -> std::io::Result<Self::Runtime> {
        goish::runtime::GOMAXPROCS(workers as i64);
        Ok(())
    }

    fn start<F>((): &Self::Runtime, future: F) -> mpsc::Receiver<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (output, receiver) = mpsc::sync_channel(1);
        drop(goish::runtime::spawn(async move {
            let _ = output.send(future.await);
        }));
        receiver
    }

    fn channel(capacity: Capacity) -> (Self::Sender, Self::Receiver) {
        crate::injection::fatten();
        let channel = match capacity {
            Capacity::Bounded(capacity) => Chan::new(capacity as i64),
            Capacity::Unbounded => Chan::unbounded(),
        };
        (channel.clone(), channel)
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).await.is_ok()
    }

    fn another(receiver: &Self::Receiver) -> Self::Receiver {
        receiver.clone()
    }

    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send {
        receiver.recv()
    }

    fn recv_beside(receiver: &Self::Receiver) -> impl Future<Output = Option<u64>> + Send {
        receiver.recv()
    }

    fn end(sender: Self::Sender) {
        sender.Close();
    }

    fn spawn<F>(future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        goish::runtime::spawn(future)
    }

    async fn join<T: Send + 'static>(task: Self::Task<T>) -> T {
        task.wait()
            .await
            .expect("the goroutine panicked, and the panic hook has said why")
    }

    fn surface(
        surface: Surface,
        scale: u64,
        stage: &Stage,
    ) -> impl Future<Output = Result<Vec<Figure>, Wrong>> + Send {
        surface.sample::<E>(scale, stage)
    }
}
