//! How a program ends that cannot go on.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Go's exit code for a program that its runtime ends.
const CODE: i32 = 2;

/// How long the end waits for what others print on the standard output meanwhile.
const FLUSH: Duration = Duration::from_millis(100);

/// Ends the program: says why, and exits with 2.
///
/// Nothing of what the rest of the program does can hold this up. `main` may have the standard error
/// locked, so the words go past that lock. It may be at its own end, which others cannot join in:
/// so no exit handler runs.
pub(crate) fn end(text: &str) -> ! {
    static IS_ENDING: AtomicBool = AtomicBool::new(false);
    if IS_ENDING.swap(true, Ordering::SeqCst) {
        // Another thread ends the program, and has said why.
        loop {
            thread::park();
        }
    }
    write(text.as_bytes());
    flush();
    exit()
}

/// As [`end`], for what the user can set right.
pub(crate) fn refuse(sentence: &str) -> ! {
    end(&format!("goish: {sentence}\n"))
}

/// Has the line that was begun on the standard output printed, unless somebody holds on to its lock.
fn flush() {
    let (done, is_done) = mpsc::channel();
    let flush = move || {
        let _ = io::stdout().flush();
        let _ = done.send(());
    };
    // Without a thread for it the line is lost, and the exit code is not.
    if thread::Builder::new().spawn(flush).is_ok() {
        let _ = is_done.recv_timeout(FLUSH);
    }
}

#[cfg(unix)]
fn write(mut text: &[u8]) {
    while !text.is_empty() {
        // SAFETY: the pointer and the length are a slice's.
        let written = unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
        match usize::try_from(written) {
            Ok(0) => return,
            Ok(written) => text = &text[written..],
            Err(_) if io::Error::last_os_error().kind() == io::ErrorKind::Interrupted => {}
            // The program ends with 2 whether or not anybody can read why.
            Err(_) => return,
        }
    }
}

#[cfg(not(unix))]
fn write(text: &[u8]) {
    let _ = io::stderr().lock().write_all(text);
}

#[cfg(unix)]
fn exit() -> ! {
    // SAFETY: it can be called at any time, from any thread.
    unsafe { libc::_exit(CODE) }
}

#[cfg(not(unix))]
fn exit() -> ! {
    std::process::exit(CODE)
}

/// Has a function called when the program ends by itself, by `exit` or by the end of `main`.
#[cfg(unix)]
pub(crate) fn at_exit(function: extern "C" fn()) {
    // SAFETY: the function lives as long as the program, and does not unwind: it would abort.
    // There is room for at least 32, and without room a program ends as if nothing was registered.
    let _ = unsafe { libc::atexit(function) };
}

#[cfg(not(unix))]
pub(crate) fn at_exit(_: extern "C" fn()) {}
