//! What the user sees besides the results: notes and progress, all on the standard error.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Prints a line to the standard error. That nobody reads it is no reason to stop.
pub(crate) fn note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// How far a run is: a bar on a terminal, a line for each sample elsewhere.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    done: u64,
    total: u64,
}

impl Progress {
    /// Progress through `total` samples of which `done` are there already.
    pub(crate) fn new(done: u64, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(done, total));
        Progress { bar, done, total }
    }

    /// Says what is being measured now.
    pub(crate) fn begin(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
        }
    }

    /// Says how it went. What `matters` is also said above the bar, where it stays.
    pub(crate) fn end(&mut self, what: &str, how: &str, matters: bool) {
        self.done += 1;
        let line = format!("[{}/{}] {what}: {how}", self.done, self.total);
        match &self.bar {
            Some(bar) => {
                if matters {
                    bar.suspend(|| note(&line));
                }
                bar.inc(1);
            }
            None => note(&line),
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// How much of its time a gate has used: a bar on a terminal, a line now and then elsewhere.
#[derive(Debug)]
pub(crate) struct Gauge {
    bar: Option<ProgressBar>,
    seconds: f64,
    said: Cell<f64>,
}

impl Gauge {
    /// Of that many seconds.
    pub(crate) fn new(seconds: f64) -> Self {
        let whole = seconds.ceil() as u64;
        Gauge {
            bar: std::io::stderr().is_terminal().then(|| bar(0, whole)),
            seconds,
            said: Cell::new(0.0),
        }
    }

    /// Says how long it took so far, and how many are decided.
    pub(crate) fn show(&self, seconds: f64, decided: usize, all: usize) {
        /// Lines further apart leave a reader of a log wondering.
        const APART: f64 = 15.0;
        let text = format!("{decided} of {all} cases decided");
        match &self.bar {
            Some(bar) => {
                bar.set_position(seconds as u64);
                bar.set_message(text);
            }
            None if seconds - self.said.get() >= APART => {
                self.said.set(seconds);
                note(&format!("{seconds:.0} s of {:.0} s: {text}", self.seconds));
            }
            None => {}
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(done: u64, total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed}+{eta} {msg}")
        .expect("the template is a constant, and right");
    let bar = ProgressBar::new(total)
        .with_style(style)
        .with_position(done);
    bar.reset_eta();
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}
