//! Running a sample in a child process, and making an outcome of whatever comes of it.

use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use crate::attend::{self, Ended};
use crate::protocol::{Answer, Request};

/// Names another program to run as the child: how the tests put crashing and hanging children in
/// its place.
const CHILD: &str = "GOISH_LAB_CHILD";

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

    /// Takes one sample. `None` when it was interrupted. Never hangs: a child that is not heard of
    /// is killed, with all that it started.
    pub fn launch(&self, request: &Request) -> Option<Finished> {
        let begun = Instant::now();
        let finished = |answer| {
            Some(Finished {
                answer,
                wall: begun.elapsed(),
            })
        };
        let limit = 2 * Duration::from_millis(request.deadline_ms) + GRACE;
        match self.execute(&request.arguments(), request.workers, limit) {
            Err(error) => {
                let program = self.program.display();
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

    /// Runs the program with these arguments and this many workers, and ends it at the limit.
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
        let mut command = Command::new(&self.program);
        command
            .args(arguments)
            .env("GOMAXPROCS", workers.to_string())
            // A backtrace of a million tasks' panic helps nobody, and takes long.
            .env("RUST_BACKTRACE", "0");
        if let Some((name, value)) = &self.variable {
            command.env(name, value);
        }
        attend::run(&mut command, Instant::now() + limit, &self.interrupted)
    }
}

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
    if stderr.contains("memory allocation of") || stderr.contains("Cannot allocate memory") {
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

fn shortened(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
