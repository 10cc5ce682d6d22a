//! The first goroutine of a program, and what is done at the end of a block.

use std::future::Future;
use std::marker::Send;
use std::process::{ExitCode, Termination};

use goish_scheduler::block;

use crate::chan::Chan;
use crate::runtime;

/// Runs `main` as a goroutine, whose handle nobody has: so its panic ends the program as any other
/// that nobody hears of, and nothing arrives here.
///
/// What it gives is reported where it runs, because it may not be able to leave its thread.
#[track_caller]
pub fn main<F>(body: F) -> ExitCode
where
    F: Future + Send + 'static,
    F::Output: Termination,
{
    let code = Chan::<ExitCode>::new(1);
    let given = code.clone();
    runtime::main_is_a_goroutine();
    drop(runtime::spawn(async move {
        let code = body.await.report();
        // There is room for it, and nobody closes this channel.
        let _ = given.try_send(code);
    }));
    match block::on(code.recv()) {
        Some(code) => code,
        None => unreachable!("the channel of main's end was closed"),
    }
}

/// Runs a function when it is dropped.
pub struct Deferred<F: FnOnce() -> R, R>(Option<F>);

/// Defers a function to the end of the variable's life.
#[must_use = "it runs when this is dropped"]
pub fn defer<F: FnOnce() -> R, R>(deferred: F) -> Deferred<F, R> {
    Deferred(Some(deferred))
}

impl<F: FnOnce() -> R, R> Drop for Deferred<F, R> {
    fn drop(&mut self) {
        if let Some(deferred) = self.0.take() {
            deferred();
        }
    }
}
