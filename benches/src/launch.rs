//! Running a sample in a child process, and making an outcome of whatever comes of it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use goish_engines::{DefaultEngine, Engine};
use goish_results::record::Outcome;

use crate::attend::{self, Ended};
use crate::field::programs::Place;
use crate::protocol::{Answer, Request};

/// Names another program to run as the child: how the tests put crashing and hanging children in
/// its place.
const CHILD: &str = "GOISH_LAB_CHILD";

/// Names the scheduler of goish's goroutines.
const SCHEDULER: &str = "GOISH_SCHEDULER";

/// Past both of its own deadlines a child has this long to say so before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// Starts children.
#[derive(Clone, Debug)]
pub struct Launcher {
    program: PathBuf,
    interrupted: Arc<AtomicBool>,
    /// A variable that only the children get.
    variable: Option<(&'static str, String)>,
}

/// What came of a child.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The child's answer, or the error that it came to.
    pub answer: Answer,
    /// How long the process took altogether.
    pub wall: Duration,
}

impl Launcher {
    /// A launcher of this very program, whose samples stop when `interrupted` becomes true.
    ///
    /// # Errors
    ///
    /// When the system does not say where this program is.
    pub fn new(interrupted: Arc<AtomicBool>) -> io::Result<Self> {
        let program = match std::env::var_os(CHILD) {
            Some(program) => program.into(),
            None => std::env::current_exe()?,
        };
        Ok(Launcher {
            program,
            interrupted,
            variable: None,
        })
    }

    /// A launcher of another lab's program.
    pub(crate) fn of(program: PathBuf, interrupted: Arc<AtomicBool>) -> Self {
        Launcher {
            program,
            interrupted,
            variable: None,
        }
    }

    /// The same, whose children get this variable.
    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variable = Some((name, value.to_owned()));
        self
    }

    /// The program that children run.
    pub(crate) fn program(&self) -> &std::path::Path {
        &self.program
    }

    /// Takes one sample in this very program. `None` when it was interrupted. Never hangs: a child
    /// that is not heard of is killed, with all that it started.
    pub fn launch(&self, request: &Request) -> Option<Finished> {
        self.launch_program(&self.program, request, None)
    }

    /// The same, wherever the program for the sample is.
    pub(crate) fn launch_at(&self, place: &Place<'_>, request: &Request) -> Option<Finished> {
        match place {
            Place::Here => self.launch(request),
            Place::HereOn(scheduler) => {
                let request = Request {
                    engine: DefaultEngine::INFO.name.to_owned(),
                    ..request.clone()
                };
                self.launch_program(&self.program, &request, Some(scheduler))
            }
            Place::There(program, scheduler) => self.launch_program(program, request, *scheduler),
            Place::Nowhere(reason) => Some(Finished {
                answer: Answer {
                    outcome: Outcome::Refused {
                        reason: (*reason).to_owned(),
                    },
                    note: None,
                    runtime: None,
                },
                wall: Duration::ZERO,
            }),
        }
    }

    fn launch_program(
        &self,
        program: &Path,
        request: &Request,
        scheduler: Option<&str>,
    ) -> Option<Finished> {
        let begun = Instant::now();
        let finished = |answer| {
            Some(Finished {
                answer,
                wall: begun.elapsed(),
            })
        };
        let limit = 2 * Duration::from_millis(request.deadline_ms) + GRACE;
        let arguments = request.arguments();
        match self.execute_on(program, &arguments, request.workers, scheduler, limit) {
            Err(error) => {
                let program = program.display();
                finished(Answer::error(format!("cannot start {program}: {error}")))
            }
            Ok(Ended::Interrupted) => None,
            Ok(Ended::TimedOut) => finished(Answer::error(format!(
                "the process was not heard of for {:.1} s and was killed",
                limit.as_secs_f64()
            ))),
            Ok(Ended::Exited {
                status,
                stdout,
                stderr,
            }) => finished(interpret(status, &stdout, &stderr, request.memory_bytes)),
        }
    }

    /// Runs this very program with these arguments and this many workers, and ends it at the limit.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn execute(
        &self,
        arguments: &[String],
        workers: u32,
        limit: Duration,
    ) -> io::Result<Ended> {
        self.execute_program(&self.program, arguments, workers, limit)
    }

    /// The same, of another program.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn execute_program(
        &self,
        program: &Path,
        arguments: &[String],
        workers: u32,
        limit: Duration,
    ) -> io::Result<Ended> {
        self.execute_on(program, arguments, workers, None, limit)
    }

    /// The same, with goish's goroutines on this scheduler: the default, if none is named, whatever
    /// the variable says to the lab.
    fn execute_on(
        &self,
        program: &Path,
        arguments: &[String],
        workers: u32,
        scheduler: Option<&str>,
        limit: Duration,
    ) -> io::Result<Ended> {
        let mut command = Command::new(program);
        match scheduler {
            Some(scheduler) => command.env(SCHEDULER, scheduler),
            None => command.env_remove(SCHEDULER),
        };
        // Each runtime looks for the number of its workers under a name of its own.
        let workers_of = ["GOMAXPROCS", "ASYNC_STD_THREAD_COUNT", "SMOL_THREADS"];
        command
            .args(arguments)
            .envs(workers_of.map(|name| (name, workers.to_string())))
            // A backtrace of a million tasks' panic helps nobody, and takes long.
            .env("RUST_BACKTRACE", "0");
        if let Some((name, value)) = &self.variable {
            command.env(name, value);
        }
        attend::run(&mut command, Instant::now() + limit, &self.interrupted)
    }
}

/// What Rust, the system and Go say when memory is refused.
const OUT_OF_MEMORY: [&str; 3] = [
    "memory allocation of",
    "Cannot allocate memory",
    "runtime: out of memory",
];

/// What goish says when a thread is refused.
const NO_MORE_THREADS: &str = "the system gives no more threads";

/// Makes an answer of how a child exited and of what it said.
fn interpret(status: ExitStatus, stdout: &str, stderr: &str, memory: Option<u64>) -> Answer {
    if status.success() {
        return match serde_json::from_str(stdout.trim()) {
            Ok(answer) => answer,
            Err(_) if stdout.trim().is_empty() => {
                Answer::error("the process ended without an answer")
            }
            Err(_) => Answer::error(format!(
                "the process answered something that is not a result: `{}`",
                shortened(stdout.trim())
            )),
        };
    }
    // Within a limit on its address space a thread is refused for want of room for its stack.
    let has_no_stack = memory.is_some() && stderr.contains(NO_MORE_THREADS);
    if has_no_stack || OUT_OF_MEMORY.iter().any(|words| stderr.contains(words)) {
        return Answer::error(match memory {
            Some(bytes) => format!(
                "it ran out of memory: a sample may take {} MiB on this machine now",
                bytes >> 20
            ),
            None => "it ran out of memory".to_owned(),
        });
    }
    let said = match first_line(stderr) {
        Some(line) => format!(": `{}`", shortened(line)),
        None => String::new(),
    };
    Answer::error(match signal(status) {
        Some(9) => format!(
            "the process was killed (SIGKILL), as the system does when memory runs out{said}"
        ),
        Some(signal) => format!("the process crashed with signal {signal}{said}"),
        None => match status.code() {
            Some(code) => format!("the process failed with exit code {code}{said}"),
            None => format!("the process failed{said}"),
        },
    })
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_: ExitStatus) -> Option<i32> {
    None
}

/// The line that says most: the one that begins a panic's message, else the first.
fn first_line(stderr: &str) -> Option<&str> {
    let lines = || {
        stderr
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
    };
    lines()
        .find(|line| line.contains("panic"))
        .or_else(|| lines().next())
}

/// The beginning of a text that may be long.
pub(crate) fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
