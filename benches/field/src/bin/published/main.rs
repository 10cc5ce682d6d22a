//! goish 0.20.7 as it was published: its `Chan` and its goroutines, the work of the decision record.
//!
//! Operations are in the spelling that its `go!{}` expands to, as for today's goish.

use std::alloc::System;
use std::any::{Any, TypeId};
use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

mod promises;

use goish::chan::Chan;
use goish::goroutine::Goroutine;
use goish_field::child;
use goish_field::goroutines::Goroutines;
use goish_lab::allocator::CountingAllocator;
use goish_lab::cases;
use goish_lab::protocol::Request;
use goish_lab::stage::Wrong;
use goish_lab::subject::{Capacity, Subject};
use goish_results::record::Mode;

struct Published;

impl Subject for Published {
    const MODE: Mode = Mode::Goish;
    const NAME: &'static str = "goish-0.20.7";
    type Sender = Chan<u64>;
    type Receiver = Chan<u64>;
    type Task<T: Send + 'static> = Task<T>;
    type Runtime = ();

    /// Its workers are as many as `GOMAXPROCS` says, which the lab sets.
    fn runtime(_workers: usize) -> io::Result<Self::Runtime> {
        Ok(())
    }

    fn start<F>((): &Self::Runtime, future: F) -> mpsc::Receiver<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (output, receiver) = mpsc::sync_channel(1);
        drop(Goroutine::spawn(async move {
            let _ = output.send(future.await);
        }));
        receiver
    }

    fn channel(capacity: Capacity) -> (Self::Sender, Self::Receiver) {
        let channel = match capacity {
            Capacity::Bounded(capacity) => Chan::new(capacity),
            Capacity::Unbounded => unreachable!("cases of unbounded channels are refused"),
        };
        (channel.clone(), channel)
    }

    async fn send(sender: &Self::Sender, message: u64) -> bool {
        sender.send(message).await;
        true
    }

    fn another(receiver: &Self::Receiver) -> Self::Receiver {
        receiver.clone()
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        let (message, open) = receiver.recv().await;
        open.then_some(message)
    }

    async fn recv_beside(receiver: &Self::Receiver) -> Option<u64> {
        let (message, open) = receiver.recv().await;
        open.then_some(message)
    }

    fn end(sender: Self::Sender) {
        sender.Close();
    }

    fn spawn<F>(future: F) -> Self::Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        Task::spawn(future)
    }

    async fn join<T: Send + 'static>(task: Self::Task<T>) -> T {
        task.join().await
    }
}

/// A goroutine with its result, which goroutines of 0.20.7 do not have.
struct Task<T> {
    goroutine: Goroutine,
    /// `None` for a goroutine without a result, which then costs what it costs there.
    result: Option<Arc<Mutex<Option<T>>>>,
}

impl<T: Send + 'static> Task<T> {
    fn spawn(future: impl Future<Output = T> + Send + 'static) -> Self {
        if nothing::<T>().is_some() {
            let goroutine = Goroutine::spawn(async move {
                future.await;
            });
            return Task {
                goroutine,
                result: None,
            };
        }
        let result = Arc::new(Mutex::new(None));
        let place = Arc::clone(&result);
        let goroutine = Goroutine::spawn(async move {
            let value = future.await;
            *place.lock().expect("nobody panics in there") = Some(value);
        });
        Task {
            goroutine,
            result: Some(result),
        }
    }

    async fn join(self) -> T {
        let _ = self.goroutine.wait().await;
        let result = match self.result {
            Some(result) => result.lock().expect("nobody panics in there").take(),
            None => nothing(),
        };
        result.expect("the goroutine panicked, and the panic hook has said why")
    }
}

/// The one value of the empty type, if this is that type.
fn nothing<T: 'static>() -> Option<T> {
    if TypeId::of::<T>() != TypeId::of::<()>() {
        return None;
    }
    let nothing: Box<dyn Any> = Box::new(());
    nothing.downcast().ok().map(|nothing| *nothing)
}

impl Goroutines for Published {
    type Handle = Goroutine;
    type Sender = Chan<u64>;
    type Receiver = Chan<u64>;
    type Signal = Chan<u64>;
    type Runtime = ();

    fn start(
        _workers: usize,
        main: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<<Self as Goroutines>::Runtime> {
        drop(Goroutine::spawn(main));
        Ok(())
    }

    fn spawn(body: impl Future<Output = ()> + Send + 'static) -> Result<Self::Handle, Wrong> {
        Ok(Goroutine::spawn(body))
    }

    async fn join(goroutine: Self::Handle) {
        let _ = goroutine.wait().await;
    }

    fn detach(goroutine: Self::Handle) {
        drop(goroutine);
    }

    async fn sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn channel() -> (Chan<u64>, Chan<u64>) {
        let channel = Chan::new(1);
        (channel.clone(), channel)
    }

    async fn send(sender: &Chan<u64>, message: u64) -> bool {
        sender.send(message).await;
        true
    }

    async fn recv(receiver: &mut Chan<u64>) -> Option<u64> {
        let (message, open) = receiver.recv().await;
        open.then_some(message)
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

fn refuses(request: &Request) -> Option<String> {
    let case = cases::find(&request.case, &request.param).ok()?;
    let unbounded = case.workload.needs_unbounded();
    unbounded.then(|| "goish 0.20.7 has no unbounded channel".to_owned())
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator(System);

fn main() -> ! {
    if let Some(promise) = child::promise() {
        use goish_results::record::ConformanceOutcome;
        use promises::Verdict;
        let (outcome, detail) = match promises::attempt(&promise) {
            Verdict::Holds => (ConformanceOutcome::Holds, String::new()),
            Verdict::Fails(words) => (ConformanceOutcome::Fails, words),
            Verdict::Refused(reason) => (ConformanceOutcome::Refused, reason.to_owned()),
            Verdict::NotTried => (
                ConformanceOutcome::NotApplicable,
                "not written for that version".to_owned(),
            ),
        };
        child::tried(outcome, detail);
    }
    child::either::<Published, Published>(refuses, |_| None, "");
}
