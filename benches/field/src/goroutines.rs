//! What a goroutine runtime is asked to do.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use goish_lab::stage::Wrong;

/// A goroutine runtime: something that runs many small programs at once, and lets them wait.
///
/// Each case is written once over this trait. Bodies are futures because most runtimes run futures.
/// One whose goroutines block instead gives futures that block inside their first poll, and runs a
/// body by polling it [once](at_once): that costs it a few ns a goroutine.
pub trait Goroutines: Sized + 'static {
    /// A goroutine that can be joined.
    type Handle: Send + 'static;
    /// A sending handle of the runtime's own channel.
    type Sender: Clone + Send + Sync + 'static;
    /// A receiving handle of it, for one goroutine.
    type Receiver: Send + 'static;
    /// What many goroutines wait for at once.
    type Signal: Clone + Send + Sync + 'static;
    /// What keeps the runtime running.
    type Runtime;

    /// Starts the runtime with this many workers, and `main` as its first goroutine.
    ///
    /// # Errors
    ///
    /// When the system refuses what the runtime needs.
    fn start(
        workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<Self::Runtime>;

    /// Starts a goroutine.
    ///
    /// # Errors
    ///
    /// [`Wrong::Stopped`] when the runtime or the system gives no more.
    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong>;

    /// Waits for a goroutine.
    fn join(goroutine: Self::Handle) -> impl Future<Output = ()> + Send;

    /// Lets a goroutine run without anybody waiting for it.
    fn detach(goroutine: Self::Handle);

    /// Waits without keeping others from running.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send;

    /// Makes a channel of the smallest buffer that the runtime's own kind has, 1 where it can be.
    fn channel() -> (Self::Sender, Self::Receiver);

    /// Sends, and waits for room.
    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = bool> + Send;

    /// Receives; `None` when every sender is gone.
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send;

    /// Makes a signal.
    fn signal() -> Self::Signal;

    /// Waits for the signal.
    fn wait(signal: &Self::Signal) -> impl Future<Output = ()> + Send;

    /// Lets everybody go on who waits for the signal, now or later.
    fn fire(signal: &Self::Signal);
}

/// Runs a future whose every operation blocks instead of waiting.
///
/// # Panics
///
/// When one waits all the same.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a goroutine of a blocking runtime did not block"),
    }
}

/// What an operation of the system came to, as the reason why there are no more goroutines.
pub fn no_more(error: &io::Error) -> Wrong {
    Wrong::Stopped(format!("the system gives no more threads: {error}"))
}
