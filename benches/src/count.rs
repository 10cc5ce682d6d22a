//! Inside the child process that counts: a workload on one thread, so that nothing depends on who
//! comes first.
//!
//! What `lab gate` compares here does not depend on time. Allocations and bytes are counted by the
//! program's own allocator. Instructions are counted from outside, by valgrind's callgrind, over two
//! runs of this command with different numbers of operations: the difference is free of what the
//! program does before and after.

use std::future::Future;
use std::io::Write;
use std::marker::PhantomData;
use std::sync::mpsc;

use goish_engines::{Engine, Visitor};
use goish_results::record::Mode;
use serde::{Deserialize, Serialize};

use crate::allocator;
use crate::cases;
use crate::failure::Failure;
use crate::stage::Stage;
use crate::subject::{Capacity, Goish, Raw, Subject};
use crate::workloads::Counted;

/// What to count.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub(crate) struct Request {
    /// The case's name.
    #[arg(long)]
    pub(crate) case: String,
    /// The case's parameter.
    #[arg(long, default_value = "")]
    pub(crate) param: String,
    /// `raw` or `goish`.
    #[arg(long, value_parser = crate::protocol::parse_mode)]
    pub(crate) mode: Mode,
    /// The engine's name.
    #[arg(long)]
    pub(crate) engine: String,
    /// About how many operations; the answer says how many it were.
    #[arg(long)]
    pub(crate) operations: u64,
}

impl Request {
    /// The arguments that give this request to a child.
    pub(crate) fn arguments(&self) -> Vec<String> {
        vec![
            "count".to_owned(),
            format!("--case={}", self.case),
            format!("--param={}", self.param),
            format!("--mode={}", crate::protocol::mode_name(self.mode)),
            format!("--engine={}", self.engine),
            format!("--operations={}", self.operations),
        ]
    }
}

/// What was counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Answer {
    /// It ran, and delivered what it should.
    Counted {
        /// Operations.
        operations: u64,
        /// Allocations of the whole workload.
        allocations: u64,
        /// Bytes of heap held for each channel or goroutine, in the cases about that.
        held: Option<f64>,
    },
    /// It did not.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Answer {
    /// How many allocations were counted; none is not fewer than any.
    pub(crate) fn allocations(&self) -> u64 {
        match self {
            Answer::Counted { allocations, .. } => *allocations,
            Answer::Failed { .. } => u64::MAX,
        }
    }
}

/// Counts, prints the answer and ends.
pub(crate) fn main(request: &Request) -> Result<(), Failure> {
    struct Visit<'a>(&'a Request, Option<Result<Answer, String>>);
    impl Visitor for Visit<'_> {
        fn visit<E: Engine>(&mut self) {
            self.1 = Some(count::<E>(self.0));
        }
    }
    let mut visit = Visit(request, None);
    let visited = goish_engines::visit(&request.engine, &mut visit);
    let answer = match (visited, visit.1) {
        (Ok(()), Some(Ok(answer))) => answer,
        (Ok(()), Some(Err(reason))) => Answer::Failed { reason },
        (Err(unknown), _) => Answer::Failed {
            reason: unknown.to_string(),
        },
        (Ok(()), None) => Answer::Failed {
            reason: "the engine was never visited".to_owned(),
        },
    };
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, &answer)?;
    writeln!(out)?;
    out.flush()?;
    // As in `lab child`: what a million tasks hold is not taken apart.
    std::process::exit(0)
}

fn count<E: Engine>(request: &Request) -> Result<Answer, String> {
    let case = cases::find(&request.case, &request.param).map_err(|unknown| unknown.to_string())?;
    if let Some(reason) = case.refusal(request.mode, &E::INFO) {
        return Err(reason);
    }
    // goish spawns on a runtime of its own. Where goroutines are what is measured, that one is
    // taken, with one worker.
    match request.mode {
        Mode::Raw => run::<Single<Raw<E>>>(case, request.operations),
        Mode::Goish if case.workload.is_about_goroutines() => {
            run::<Goish<E>>(case, request.operations)
        }
        Mode::Goish => run::<Single<Goish<E>>>(case, request.operations),
    }
}

fn run<S: Subject>(case: &cases::Case, operations: u64) -> Result<Answer, String> {
    let workload = case.workload;
    let runtime = S::runtime(1).map_err(|error| format!("no runtime: {error}"))?;
    allocator::count();
    let result = S::start(&runtime, async move {
        let before = allocator::allocations();
        let counted = workload.count::<S>(operations, &Stage::unwatched()).await;
        (counted, allocator::allocations() - before)
    });
    match result.recv() {
        Ok((Ok(Counted { operations, held }), allocations)) => Ok(Answer::Counted {
            operations,
            allocations,
            held,
        }),
        Ok((Err(wrong), _)) => Err(wrong.to_string()),
        Err(_) => Err("the workload ended without a result".to_owned()),
    }
}

/// A subject's channels on a current-thread runtime.
#[derive(Clone, Copy, Debug)]
struct Single<S>(PhantomData<S>);

impl<S: Subject> Subject for Single<S> {
    const MODE: Mode = S::MODE;
    const NAME: &'static str = S::NAME;
    type Sender = S::Sender;
    type Receiver = S::Receiver;
    type Task<T: Send + 'static> = tokio::task::JoinHandle<T>;
    type Runtime = tokio::runtime::Runtime;

    fn runtime(_: usize) -> std::io::Result<Self::Runtime> {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
    }

    /// Runs it to its end before it returns: there is no other thread.
    fn start<F>(runtime: &Self::Runtime, future: F) -> mpsc::Receiver<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (output, receiver) = mpsc::sync_channel(1);
        // A task like everything that it spawns, and not the future of `block_on`, which is polled
        // by other rules.
        let task = runtime.spawn(future);
        if let Ok(value) = runtime.block_on(task) {
            let _ = output.send(value);
        }
        receiver
    }

    fn channel(capacity: Capacity) -> (Self::Sender, Self::Receiver) {
        S::channel(capacity)
    }

    fn send(sender: &Self::Sender, message: u64) -> impl Future<Output = bool> + Send {
        S::send(sender, message)
    }

    fn another(receiver: &Self::Receiver) -> Self::Receiver {
        S::another(receiver)
    }

    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>> + Send {
        S::recv(receiver)
    }

    fn recv_beside(receiver: &Self::Receiver) -> impl Future<Output = Option<u64>> + Send {
        S::recv_beside(receiver)
    }

    fn end(sender: Self::Sender) {
        S::end(sender);
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
