//! Running a sample in a child process, and making an outcome of whatever comes of it.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use crate::protocol::{Answer, Request};

/// Names another program to run as the child: how the tests put crashing and hanging children in
/// its place.
const CHILD: &str = "GOISH_LAB_CHILD";

/// How much of a child's output is kept. A real answer is well under 4 KiB.
const KEPT: u64 = 64 * 1024;

/// Past both of its own deadlines a child has this long to say so before it is killed.
const GRACE: Duration = Duration::from_secs(2);

/// Starts children.
#[derive(Clone, Debug)]
pub struct Launcher {
    program: PathBuf,
    interrupted: Arc<AtomicBool>,
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
        })
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
        let child = match self.spawn(request) {
            Ok(child) => child,
            Err(error) => {
                let program = self.program.display();
                return finished(Answer::error(format!("cannot start {program}: {error}")));
            }
        };
        let limit = 2 * Duration::from_millis(request.deadline_ms) + GRACE;
        let ended = Attended::new(child).wait(begun + limit, &self.interrupted);
        match ended {
            Ended::Interrupted => None,
            Ended::TimedOut => finished(Answer::error(format!(
                "the process was not heard of for {:.1} s and was killed",
                limit.as_secs_f64()
            ))),
            Ended::Exited {
                status,
                stdout,
                stderr,
            } => finished(interpret(status, &stdout, &stderr, request.memory_bytes)),
        }
    }

    fn spawn(&self, request: &Request) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command
            .args(request.arguments())
            .env("GOMAXPROCS", request.workers.to_string())
            // A backtrace of a million tasks' panic helps nobody, and takes long.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            // A group of its own, so that everything that it starts can be killed with it, and so
            // that Ctrl-C reaches the lab alone, which then ends the child.
            command.process_group(0);
        }
        command.spawn()
    }
}

/// How a child ended.
enum Ended {
    Exited {
        status: ExitStatus,
        stdout: String,
        stderr: String,
    },
    TimedOut,
    Interrupted,
}

/// A child with somebody at both of its outputs.
struct Attended {
    child: Child,
    stdout: mpsc::Receiver<String>,
    stderr: mpsc::Receiver<String>,
}

impl Attended {
    fn new(mut child: Child) -> Self {
        let stdout = listen(child.stdout.take());
        let stderr = listen(child.stderr.take());
        Attended {
            child,
            stdout,
            stderr,
        }
    }

    /// Waits for the end, and kills when it does not come by `limit`.
    fn wait(mut self, limit: Instant, interrupted: &AtomicBool) -> Ended {
        /// How soon an interruption is noticed, and the exit of a child whose own children keep its
        /// output open. An ordinary exit closes the output and is noticed at once.
        const GLANCE: Duration = Duration::from_millis(50);
        /// What a child that has closed its output has left to do is to exit.
        const EXITING: Duration = Duration::from_millis(1);

        let mut stdout = None;
        loop {
            if interrupted.load(Ordering::Relaxed) {
                self.kill();
                return Ended::Interrupted;
            }
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.kill();
                return Ended::TimedOut;
            }
            if stdout.is_none() {
                match self.stdout.recv_timeout(left.min(GLANCE)) {
                    Ok(text) => stdout = Some(text),
                    Err(RecvTimeoutError::Disconnected) => stdout = Some(String::new()),
                    Err(RecvTimeoutError::Timeout) => {}
                }
            } else {
                thread::sleep(left.min(EXITING));
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                // What the child left behind must not disturb the next sample.
                self.kill();
                let late = |output: &mpsc::Receiver<String>| {
                    output.recv_timeout(GLANCE).unwrap_or_default()
                };
                let stdout = stdout.unwrap_or_else(|| late(&self.stdout));
                return Ended::Exited {
                    status,
                    stdout,
                    stderr: late(&self.stderr),
                };
            }
        }
    }

    /// Kills the child and its whole group, and collects it.
    fn kill(&mut self) {
        #[cfg(unix)]
        if let Ok(raw) = i32::try_from(self.child.id())
            && let Some(group) = rustix::process::Pid::from_raw(raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads an output to its end on a thread of its own, so that a child that says too much is not
/// stopped by a full pipe. What is kept is the beginning.
fn listen(output: Option<impl Read + Send + 'static>) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::sync_channel(1);
    if let Some(mut output) = output {
        thread::spawn(move || {
            let mut kept = Vec::new();
            // What could not be read is as good as not said.
            let _ = output.by_ref().take(KEPT).read_to_end(&mut kept);
            let _ = io::copy(&mut output, &mut io::sink());
            let _ = sender.send(String::from_utf8_lossy(&kept).into_owned());
        });
    }
    receiver
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
