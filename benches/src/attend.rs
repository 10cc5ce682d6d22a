//! Running another program, and being sure that it ends.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// How much of an output is kept. A real answer is well under 4 KiB.
const KEPT: u64 = 64 * 1024;

/// Runs a command to its end, to the limit, or until it is interrupted, and takes down what it says.
/// Whichever comes first, nothing that the command started is left running.
///
/// # Errors
///
/// When it cannot be started.
pub(crate) fn run(
    command: &mut Command,
    limit: Instant,
    interrupted: &AtomicBool,
) -> io::Result<Ended> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        // A group of its own, so that everything that it starts can be killed with it, and so that
        // Ctrl-C reaches the lab alone, which then ends the child.
        command.process_group(0);
    }
    Ok(Attended::new(command.spawn()?).wait(limit, interrupted))
}

/// Runs a command whose outputs go to files to its end, or until it is interrupted: `None` then, and
/// nothing that it started is left running.
///
/// # Errors
///
/// When it cannot be started.
pub(crate) fn run_logged(
    command: &mut Command,
    interrupted: &AtomicBool,
) -> io::Result<Option<ExitStatus>> {
    /// A build takes minutes.
    const GLANCE: Duration = Duration::from_millis(50);
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let mut attended = Attended::new(command.spawn()?);
    loop {
        if let Some(status) = attended.child.try_wait()? {
            return Ok(Some(status));
        }
        if interrupted.load(Ordering::Relaxed) {
            attended.kill();
            return Ok(None);
        }
        thread::sleep(GLANCE);
    }
}

/// How a child ended.
pub(crate) enum Ended {
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

        /// What was said by a child that has exited is there at once, unless somebody who left its
        /// group keeps the output open.
        const LATE: Duration = Duration::from_secs(5);

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
                let late =
                    |output: &mpsc::Receiver<String>| output.recv_timeout(LATE).unwrap_or_default();
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
