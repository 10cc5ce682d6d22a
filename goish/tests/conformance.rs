//! The behaviour suite: every promise, on every engine and every scheduler of this build, on one worker
//! and on two.
//!
//! Each check runs in a process of its own, so that it has a runtime of its own, and so that one
//! which never ends fails alone. `GOISH_CONFORMANCE=engine/promise` runs a single check here.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use goish::conformance::{Verdict, check, listed};
use goish::runtime::schedulers;
use libtest_mimic::{Arguments, Failed, Trial};

/// The variable that makes this program run one check and nothing else.
const CHECK: &str = "GOISH_CONFORMANCE";

/// No check takes a hundredth of this; it bounds a hang, and measures nothing.
const LIMIT: Duration = Duration::from_secs(120);

fn main() {
    if let Ok(which) = std::env::var(CHECK) {
        let verdict = which
            .split_once('/')
            .and_then(|(engine, promise)| check(engine, promise));
        match verdict {
            Some(Verdict::Holds) => println!("holds"),
            Some(Verdict::Refused(reason)) => println!("refused: {reason}"),
            Some(Verdict::Fails(reason)) => {
                eprintln!("{reason}");
                std::process::exit(1);
            }
            None => panic!("{CHECK}={which} names no engine and promise of this build"),
        }
        return;
    }
    let arguments = Arguments::from_args();
    let trials = listed().into_iter().flat_map(|(engine, promise, _)| {
        schedulers().into_iter().flat_map(move |scheduler| {
            [1, 2].map(|workers| {
                let name = format!("{engine}::{promise}::{scheduler}::{workers}");
                Trial::test(name, move || run(engine, promise, scheduler, workers))
            })
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn run(engine: &str, promise: &str, scheduler: &str, workers: usize) -> Result<(), Failed> {
    let mut child = Command::new(std::env::current_exe()?)
        .env(CHECK, format!("{engine}/{promise}"))
        .env("GOISH_SCHEDULER", scheduler)
        .env("GOMAXPROCS", workers.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    // Read while it runs: a pipe holds little, and panics that are expected say a lot.
    let mut pipe = child.stderr.take().ok_or("no pipe")?;
    let errors = std::thread::spawn(move || {
        let mut errors = Vec::new();
        pipe.read_to_end(&mut errors).map(|_| errors)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Err(format!("it did not end within {LIMIT:?}").into());
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    if status.success() {
        return Ok(());
    }
    let errors = errors.join().map_err(|_| "the reading thread panicked")??;
    Err(format!("{status}\n{}", String::from_utf8_lossy(&errors)).into())
}
