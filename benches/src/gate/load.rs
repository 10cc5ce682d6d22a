//! Another process that loads one core half of the time.

use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it works, and then how long it rests.
const HALF: Duration = Duration::from_millis(50);

/// The other process; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Load(Child);

impl Load {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// When it cannot be started.
    pub(crate) fn start() -> io::Result<Load> {
        Command::new(std::env::current_exe()?)
            .arg("burn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `lab burn`: works and rests until it is killed, or whoever started it ends.
pub(crate) fn burn() -> ! {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
    }
    let mut work = 1u64;
    loop {
        let begun = Instant::now();
        while begun.elapsed() < HALF {
            for step in 0..1_000 {
                work = std::hint::black_box(work.wrapping_mul(31) ^ step);
            }
        }
        std::thread::sleep(HALF);
    }
}
