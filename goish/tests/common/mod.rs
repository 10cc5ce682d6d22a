//! What several test programs need: tests that are run on a given scheduler with a given number of
//! workers, each in a process of its own, so that a hang is a failure and a program's end can be
//! looked at.

#![allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "each test program uses some of it"
)]

use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a child may take before it counts as hanging.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long a stress test stresses, beside what its end takes.
pub(crate) fn stress_seconds() -> Duration {
    let seconds = std::env::var("STRESS_SECONDS").ok();
    Duration::from_secs(seconds.map_or(3, |seconds| seconds.parse().expect("a number of seconds")))
}

/// Runs one ignored test of this very program in a process of its own.
pub(crate) fn rerun(test: &str, scheduler: &str, workers: &str) -> Output {
    let program = std::env::current_exe().expect("a test program has a path");
    rerun_with(Command::new(program), test, scheduler, workers)
}

/// The same with a limit that the shell sets, as `ulimit` takes it.
pub(crate) fn rerun_limited(limit: &str, test: &str, scheduler: &str, workers: &str) -> Output {
    let program = std::env::current_exe().expect("a test program has a path");
    let mut shell = Command::new("sh");
    let script = format!("ulimit {limit} && exec \"$0\" \"$@\"");
    shell.args(["-c", &script]).arg(program);
    rerun_with(shell, test, scheduler, workers)
}

fn rerun_with(mut command: Command, test: &str, scheduler: &str, workers: &str) -> Output {
    command
        .args([
            test,
            "--exact",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env("GOISH_SCHEDULER", scheduler)
        .env("GOMAXPROCS", workers)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    wait(test, command.spawn().expect("the test program runs"))
}

fn wait(test: &str, child: Child) -> Output {
    let id = child.id();
    let (done, outcome) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    match outcome.recv_timeout(DEADLINE + stress_seconds()) {
        Ok(output) => output.expect("the output can be read"),
        Err(_) => {
            let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
            panic!("{test} hangs");
        }
    }
}

/// What a program said on its standard error, which ended with this code.
pub(crate) fn ends(output: Output, code: i32) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(code),
        "{}: {text}",
        output.status
    );
    text
}

/// What a program says that ends with this code, on each scheduler of this build.
pub(crate) fn ends_on_each(test: &str, workers: &str, code: i32) -> Vec<String> {
    goish::runtime::schedulers()
        .into_iter()
        .map(|scheduler| ends(rerun(test, scheduler, workers), code))
        .collect()
}

/// Programs that other tests run, each in a process of its own.
macro_rules! programs {
    ($($name:ident $body:block)*) => {$(
        #[test]
        #[ignore = "a program that the other tests run"]
        fn $name() $body
    )*};
}
pub(crate) use programs;

/// Runs one ignored test in a process of its own, on each scheduler of this build, and expects it to
/// pass.
pub(crate) fn passes(test: &str, workers: &str) {
    for scheduler in goish::runtime::schedulers() {
        passes_on(test, scheduler, workers);
    }
}

/// The same on one scheduler, if it was built.
pub(crate) fn passes_on(test: &str, scheduler: &str, workers: &str) {
    if !goish::runtime::schedulers().contains(&scheduler) {
        return;
    }
    let output = rerun(test, scheduler, workers);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{test} on {scheduler} with {workers} workers: {}\n{text}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
}

/// Tests that run in processes of their own, on one worker and on two of each scheduler.
macro_rules! on_one_and_two_workers {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            fn path() -> String {
                let (_, path) = module_path!().split_once("::").expect("a test is in a module");
                format!("{path}::body")
            }

            #[test]
            fn one_worker() {
                common::passes(&path(), "1");
            }

            #[test]
            fn two_workers() {
                common::passes(&path(), "2");
            }

            #[test]
            #[ignore = "run by the two tests beside it"]
            fn body() $body
        }
    )*};
}
pub(crate) use on_one_and_two_workers;

/// The schedulers, for [`on`].
pub(crate) const BOTH: &[&str] = &["native", "tokio"];

/// tokio does not replace a worker that is held, nor hand on who was woken last.
pub(crate) const NATIVE: &[&str] = &["native"];

/// Tests that run in processes of their own, on one, two and eight workers of each of the schedulers.
macro_rules! on {
    ($schedulers:ident $($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[test]
            fn on_one_two_and_eight_workers() {
                for scheduler in $schedulers {
                    for workers in ["1", "2", "8"] {
                        common::passes_on(&format!("{}::body", stringify!($name)), scheduler, workers);
                    }
                }
            }

            #[test]
            #[ignore = "run by the test beside it"]
            fn body() $body
        }
    )*};
}
pub(crate) use on;

/// Calls a function that is generic over the engine for each engine of this build that goish does
/// not refuse altogether.
macro_rules! for_each_engine {
    ($function:ident) => {{
        struct Each;
        impl goish::engine::Visitor for Each {
            fn visit<E: goish::engine::Engine>(&mut self) {
                if let goish::engine::Support::Missing(_) = E::INFO.capabilities.buffered {
                    return;
                }
                $function::<E>();
            }
        }
        goish::engine::visit_all(&mut Each);
    }};
}
pub(crate) use for_each_engine;
