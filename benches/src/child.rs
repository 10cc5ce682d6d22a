//! Inside the child process: run one workload, watch its deadline, say how it went.

use std::io::Write;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use goish_engines::{Engine, Visitor};
use goish_results::record::{Figure, Mode, Outcome};

use crate::allocator;
use crate::cases::{self, Case};
use crate::memory;
use crate::protocol::{Answer, Request};
use crate::stage::{Stage, Wrong};
use crate::subject::{Goish, Raw, Subject};

/// Whether this process has given its answer: there is one answer, the first.
static ANSWERED: AtomicBool = AtomicBool::new(false);

/// Takes the sample on the engine that the request names, prints the answer and ends the process.
pub fn main(request: &Request) -> ! {
    limit_address_space(request);
    run(Answer::error, || {
        let mut visit = Visit {
            request,
            answer: None,
        };
        match goish_engines::visit(&request.engine, &mut visit) {
            Err(unknown) => Answer::error(unknown.to_string()),
            Ok(()) => {
                let nothing = || Answer::error("the engine was never visited");
                visit.answer.unwrap_or_else(nothing)
            }
        }
    })
}

/// Takes a sample, prints the answer and ends the process. A panic is answered with what `panicked`
/// makes of its words.
///
/// The process ends without dropping anything. A million tasks that wait in one channel would be
/// taken out of it one by one, which on some engines takes longer than the sample.
pub fn run(
    panicked: impl Fn(String) -> Answer + Send + Sync + 'static,
    take: impl FnOnce() -> Answer,
) -> ! {
    end_with_the_lab();
    std::panic::set_hook(Box::new(move |panic| {
        // Whatever thread this is: the sample is worth nothing any more, and tasks that wait for the
        // one that panicked would wait until the deadline.
        answer(&panicked(format!("it panicked{}", words(panic))));
    }));
    answer(&take())
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

/// Ends this process when the lab ends. It is not needed to measure, so it need not succeed.
fn end_with_the_lab() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
    }
}

/// Keeps the sample from harming the machine. It is not needed to measure either.
pub fn limit_address_space(request: &Request) {
    // A thread takes more address space than it will ever use.
    let case = cases::find(&request.case, &request.param);
    let needs_threads = case.is_ok_and(|case| case.workload.needs_threads());
    #[cfg(target_os = "linux")]
    if let Some(bytes) = request.memory_bytes
        && !needs_threads
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let _ = setrlimit(
            Resource::As,
            Rlimit {
                current: Some(bytes),
                maximum: Some(bytes),
            },
        );
    }
    #[cfg(not(target_os = "linux"))]
    let _ = needs_threads;
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
    match request.mode {
        Mode::Raw => measure::<Raw<E>>(case, request, note),
        Mode::Goish => measure::<Goish<E>>(case, request, note),
    }
}

/// Takes the sample on this subject. `note` is what a reader must know to compare it.
pub fn measure<S: Subject>(case: &Case, request: &Request, note: Option<String>) -> Answer {
    let stage = Stage::watched();
    let outcome = observe::<S>(case, request, &stage);
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
    let deadline = Duration::from_millis(request.deadline_ms);
    let outcome = watch(&result, begun, deadline, None, stage);
    // Not dropped: that would wait for the tasks, and drop them.
    std::mem::forget(runtime);
    outcome
}

/// Waits for the workload until the deadline, which holds for its preparation and then, from the
/// start of the clock, once more for its timed part; or until this process holds more resident
/// bytes than `budget`, if there is one.
pub fn watch(
    result: &mpsc::Receiver<Result<Vec<Figure>, Wrong>>,
    begun: Instant,
    deadline: Duration,
    budget: Option<u64>,
    stage: &Stage,
) -> Outcome {
    /// How often the budget is looked at: a machine fills no more than some hundred MiB meanwhile.
    const GLANCE: Duration = Duration::from_millis(50);

    loop {
        let started = stage.started();
        let left = deadline.saturating_sub(started.unwrap_or(begun).elapsed());
        let wait = match budget {
            Some(_) => left.min(GLANCE),
            None => left,
        };
        match result.recv_timeout(wait) {
            Ok(Ok(figures)) => return Outcome::Ok { figures },
            Ok(Err(Wrong::Stopped(reason))) => return stopped(reason, stage),
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
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(budget) = budget
            && memory::resident().is_ok_and(|bytes| bytes > budget)
        {
            let reason = format!("it passed its memory budget of {} MiB", budget >> 20);
            return stopped(reason, stage);
        }
        // Where the clock was started meanwhile, the deadline counts from there.
        let waited = wait == left && (started.is_some() || stage.started().is_none());
        if waited {
            return not_finished(deadline, stage);
        }
    }
}

/// What stopped short of its end, with how far it got.
pub fn stopped(reason: String, stage: &Stage) -> Outcome {
    let (delivered, expected) = stage.progress();
    Outcome::Dnf {
        reason,
        delivered,
        expected,
        figures: stage.findings(),
    }
}

/// The reason says nothing of how far the sample got: that stands beside it, and the reasons of a
/// cell's samples should be one.
fn not_finished(deadline: Duration, stage: &Stage) -> Outcome {
    let limit = format!("its deadline of {} s", deadline.as_secs_f64());
    let reason = match stage.started() {
        Some(_) => format!("it passed {limit}"),
        None => format!("it was still being prepared at {limit}"),
    };
    stopped(reason, stage)
}

/// What a panic said and where, for a reason that stands in a table.
fn words(panic: &PanicHookInfo<'_>) -> String {
    let place = panic.location().map_or_else(String::new, |location| {
        format!(" at {}:{}", crate_path(location.file()), location.line())
    });
    let said = panic.payload_as_str().unwrap_or("no message");
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("{place}: {said}")
}

/// A source file by its crate, without the place where a machine keeps its crates.
fn crate_path(file: &str) -> &str {
    /// What comes before a crate's folder, and how many folders come between.
    const HOMES: [(&str, usize); 3] = [
        ("/registry/src/", 1),
        ("/git/checkouts/", 2),
        ("/rustc/", 1),
    ];
    HOMES
        .iter()
        .find_map(|(home, between)| {
            let (_, path) = file.split_once(home)?;
            path.splitn(between + 1, '/').last()
        })
        .unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_file_is_named_by_its_crate() {
        for (file, named) in [
            (
                "/home/a/.cargo/registry/src/host-1/may-0.3.51/src/lib.rs",
                "may-0.3.51/src/lib.rs",
            ),
            (
                "/rustc/59807616/library/std/src/thread.rs",
                "library/std/src/thread.rs",
            ),
            ("src/bin/may.rs", "src/bin/may.rs"),
        ] {
            assert_eq!(crate_path(file), named);
        }
    }
}
