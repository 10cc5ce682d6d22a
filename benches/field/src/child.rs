//! What the programs of the field have in common: arguments, limits and the answer.

use std::io;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::{Parser, Subcommand};
use goish_lab::cases;
use goish_lab::child::{limit_address_space, measure, run, stopped, watch};
use goish_lab::protocol::{Answer, Request};
use goish_lab::stage::Stage;
use goish_lab::subject::Subject;
use goish_results::record::{ConformanceOutcome, Outcome};
use tokio::runtime::{Builder, Runtime};

use crate::Goroutines;

/// One program of the field; `cargo lab run --field` starts it.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes one sample in this process
    Child(Request),
    /// Tries one promise of goish's in this process
    Promise(goish_lab::conformance::Request),
}

/// The request of this process's arguments.
fn request() -> Request {
    match Arguments::parse().command {
        Command::Child(request) => request,
        Command::Promise(_) => {
            eprintln!("error: this program makes no promises");
            std::process::exit(2);
        }
    }
}

/// The promise that this process is asked to try, if it is.
pub fn promise() -> Option<String> {
    match Arguments::parse().command {
        Command::Promise(request) => Some(request.promise),
        Command::Child(_) => None,
    }
}

/// Says what came of a promise, and ends the process.
pub fn tried(outcome: ConformanceOutcome, detail: String) -> ! {
    let answer = goish_lab::conformance::Answer { outcome, detail };
    match serde_json::to_string(&answer) {
        Ok(line) => println!("{line}"),
        Err(error) => eprintln!("error: {error}"),
    }
    std::process::exit(0);
}

/// The program of a goroutine runtime. `note` is what a reader must know to compare it.
pub fn goroutines<G: Goroutines>(note: &str) -> ! {
    take_goroutines::<G>(&request(), note)
}

/// The program of a channel crate. `refuses` says why the crate cannot do a case, if it cannot, and
/// `note` what a reader must know to compare it.
pub fn channels<S: Subject>(
    refuses: impl FnOnce(&Request) -> Option<String>,
    note: impl FnOnce(&Request) -> Option<String>,
) -> ! {
    take_channels::<S>(&request(), refuses, note)
}

/// The program of what is both: see [`goroutines`] and [`channels`].
pub fn either<G: Goroutines, S: Subject>(
    refuses: impl FnOnce(&Request) -> Option<String>,
    channels_note: impl FnOnce(&Request) -> Option<String>,
    goroutines_note: &str,
) -> ! {
    let request = request();
    if cases::find(&request.case, &request.param).is_ok() {
        take_channels::<S>(&request, refuses, channels_note)
    } else {
        take_goroutines::<G>(&request, goroutines_note)
    }
}

/// The program that takes samples of the lab's own engines.
pub fn engines() -> ! {
    goish_lab::child::main(&request())
}

fn take_goroutines<G: Goroutines>(request: &Request, note: &str) -> ! {
    let stage = Stage::unwatched();
    // A runtime that has no more to give may say so by a panic: how far it got is the result.
    let on_panic = {
        let (stage, note) = (stage.clone(), note.to_owned());
        move |words| answer(stopped(words, &stage), &note)
    };
    run(on_panic, || answer(take::<G>(request, &stage), note))
}

fn answer(outcome: Outcome, note: &str) -> Answer {
    Answer {
        outcome,
        note: (!note.is_empty()).then(|| note.to_owned()),
        runtime: None,
    }
}

fn take<G: Goroutines>(request: &Request, stage: &Stage) -> Outcome {
    let (output, result) = mpsc::sync_channel(1);
    let (case, param, scale) = (request.case.clone(), request.param.clone(), request.scale);
    let on_stage = stage.clone();
    let begun = Instant::now();
    let started = G::start(request.workers as usize, async move {
        let _ = output.send(crate::cases::sample::<G>(&case, &param, scale, &on_stage).await);
    });
    let runtime = match started {
        Ok(runtime) => runtime,
        Err(error) => {
            return Outcome::Refused {
                reason: format!("the system refuses what the runtime needs: {error}"),
            };
        }
    };
    let deadline = Duration::from_millis(request.deadline_ms);
    // Resident memory, and not address space: a million stacks may be promised that nobody touches.
    let outcome = watch(&result, begun, deadline, request.memory_bytes, stage);
    std::mem::forget(runtime);
    outcome
}

/// A tokio runtime for a channel crate, as a plain program would have it.
///
/// # Errors
///
/// When the system gives no thread.
pub fn tokio(workers: usize) -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
}

/// Starts a future as a task of that runtime; its output arrives at the receiver.
pub fn start<F>(runtime: &Runtime, future: F) -> mpsc::Receiver<F::Output>
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

fn take_channels<S: Subject>(
    request: &Request,
    refuses: impl FnOnce(&Request) -> Option<String>,
    note: impl FnOnce(&Request) -> Option<String>,
) -> ! {
    limit_address_space(request);
    run(Answer::error, || {
        if let Some(reason) = refuses(request) {
            return Answer {
                outcome: Outcome::Refused { reason },
                note: None,
                runtime: None,
            };
        }
        match cases::find(&request.case, &request.param) {
            Ok(case) => measure::<S>(case, request, note(request)),
            Err(unknown) => Answer::error(unknown.to_string()),
        }
    })
}
