//! Being asked to stop.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::failure::Failure;

/// Lets the first Ctrl-C, and what else asks a program to end, set the flag, and the second end the
/// program at once.
///
/// # Errors
///
/// When the system lets no signal be received.
pub(crate) fn heed(interrupted: &Arc<AtomicBool>) -> Result<(), Failure> {
    register(interrupted)
        .map_err(|error| Failure::Other(format!("signals cannot be received: {error}")))
}

fn register(interrupted: &Arc<AtomicBool>) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::flag::{self, register_conditional_shutdown};
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        // The order matters: the flag is looked at before it is set.
        register_conditional_shutdown(signal, 1, Arc::clone(interrupted))?;
        flag::register(signal, Arc::clone(interrupted))?;
    }
    Ok(())
}
