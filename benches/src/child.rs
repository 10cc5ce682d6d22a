//! Inside the child process: run one workload, watch its deadline, say how it went.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use goish_engines::{Engine, Visitor};
use goish_results::record::{Figure, Mode, Outcome};

use crate::allocator;
use crate::cases::{self, Case};
use crate::protocol::{Answer, Request};
use crate::stage::{Stage, Wrong};
use crate::subject::{Goish, Raw, Subject};

/// Whether this process has given its answer: there is one answer, the first.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Takes the sample, prints the answer and ends the process.
///
/// The process ends without dropping anything. A million tasks that wait in one channel would be
/// taken out of it one by one, which on some engines takes longer than the sample.
pub fn main(request: &Request) -> ! {
    limit(request);
    std::panic::set_hook(Box::new(|panic| {
        // Whatever thread this is: the sample is worth nothing any more, and tasks that wait for the
        // one that panicked would wait until the deadline.
        answer(&Answer::error(format!(
            "it panicked: {}",
            on_one_line(&panic.to_string())
        )));
    }));
    let mut visit = Visit {
        request,
        answer: None,
    };
    match goish_engines::visit(&request.engine, &mut visit) {
        Err(unknown) => answer(&Answer::error(unknown.to_string())),
        Ok(()) => {
            let nothing = || Answer::error("the engine was never visited");
            answer(&visit.answer.unwrap_or_else(nothing))
        }
    }
}

/// Prints the answer, if it is the first, and ends the process.
fn answer(answer: &Answer) -> ! {
    if !ANSWERED.swap(true, Ordering::SeqCst) {
        let mut line = serde_json::to_vec(answer).unwrap_or_default();
        line.push(b'\n');
        let mut stdout = std::io::stdout().lock();
        // When nobody listens any more there is nobody to tell.
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
        std::process::exit(0);
    }
    // Another thread is on its way out with the first answer.
    loop {
        std::thread::park();
    }
}

/// Keeps the sample from harming the machine, and from outliving the lab.
fn limit(request: &Request) {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{
            Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit,
        };
        // Neither is needed to measure, so neither has to succeed.
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        if let Some(bytes) = request.memory_bytes {
            let _ = setrlimit(
                Resource::As,
                Rlimit {
                    current: Some(bytes),
                    maximum: Some(bytes),
                },
            );
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = request;
}

struct Visit<'a> {
    request: &'a Request,
    answer: Option<Answer>,
}

impl Visitor for Visit<'_> {
    fn visit<E: Engine>(&mut self) {
        self.answer = Some(match cases::find(&self.request.case, &self.request.param) {
            Err(unknown) => Answer::error(unknown.to_string()),
            Ok(case) => take::<E>(case, self.request),
        });
    }
}

/// Takes the sample on this engine, or says that the engine refuses it.
fn take<E: Engine>(case: &Case, request: &Request) -> Answer {
    let engine = E::INFO;
    let note = case.note(request.mode, &engine);
    if let Some(reason) = case.refusal(request.mode, &engine) {
        return Answer {
            outcome: Outcome::Refused { reason },
            note,
            runtime: None,
        };
    }
    let stage = Stage::watched();
    let outcome = match request.mode {
        Mode::Raw => observe::<Raw<E>>(case, request, &stage),
        Mode::Goish => observe::<Goish<E>>(case, request, &stage),
    };
    Answer {
        outcome,
        note,
        runtime: stage.runtime_figures(),
    }
}

/// Runs the workload on the runtime's workers and watches it from this thread.
fn observe<S: Subject>(case: &Case, request: &Request, stage: &Stage) -> Outcome {
    if case.workload.counts_heap() {
        allocator::count();
    }
    let runtime = match S::runtime(request.workers as usize) {
        Ok(runtime) => runtime,
        Err(error) => {
            return Outcome::Error {
                reason: format!("no runtime: {error}"),
            };
        }
    };
    let begun = Instant::now();
    let (workload, scale) = (case.workload, request.scale);
    let on_stage = stage.clone();
    let result = S::start(&runtime, async move {
        let result = workload.sample::<S>(scale, &on_stage).await;
        Stage::rest().await;
        result
    });
    let outcome = watch(
        &result,
        begun,
        Duration::from_millis(request.deadline_ms),
        stage,
    );
    // Not dropped: that would wait for the tasks, and drop them.
    std::mem::forget(runtime);
    outcome
}

/// Waits for the workload until the deadline, which holds for its preparation and then, from the
/// start of the clock, once more for its timed part.
fn watch(
    result: &mpsc::Receiver<Result<Vec<Figure>, Wrong>>,
    begun: Instant,
    deadline: Duration,
    stage: &Stage,
) -> Outcome {
    loop {
        let started = stage.started();
        let left = deadline.saturating_sub(started.unwrap_or(begun).elapsed());
        match result.recv_timeout(left) {
            Ok(Ok(figures)) => return Outcome::Ok { figures },
            Ok(Err(wrong)) => {
                return Outcome::Error {
                    reason: wrong.to_string(),
                };
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Outcome::Error {
                    reason: "the workload ended without a result".to_owned(),
                };
            }
            // The clock was started meanwhile: the deadline counts from there.
            Err(RecvTimeoutError::Timeout) if started.is_none() && stage.started().is_some() => {}
            Err(RecvTimeoutError::Timeout) => return not_finished(deadline, stage),
        }
    }
}

/// The reason says nothing of how far the sample got: that stands beside it, and the reasons of a
/// cell's samples should be one.
fn not_finished(deadline: Duration, stage: &Stage) -> Outcome {
    let (delivered, expected) = stage.progress();
    let limit = format!("its deadline of {} s", deadline.as_secs_f64());
    let reason = match stage.started() {
        Some(_) => format!("it passed {limit}"),
        None => format!("it was still being prepared at {limit}"),
    };
    Outcome::Dnf {
        reason,
        delivered,
        expected,
        figures: stage.findings(),
    }
}

/// The text as one line, for a reason that stands in a table.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
