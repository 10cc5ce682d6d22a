//! The primitives that the protocols stand on, in two editions: the real ones, and loom's, under
//! which the model tests explore every interleaving (`--cfg goish_loom`).

#[cfg(not(goish_loom))]
mod edition {
    use std::time::{Duration, Instant};

    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::Mutex;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize};

    /// How long one waits before nobody is let past any more: Go's own limit.
    const PATIENCE: Duration = Duration::from_millis(1);

    /// Since when somebody waits.
    #[derive(Debug)]
    pub(crate) struct Arrival(Instant);

    impl Arrival {
        pub(crate) fn now() -> Self {
            Self(Instant::now())
        }

        pub(crate) fn is_long_ago(&self) -> bool {
            self.0.elapsed() > PATIENCE
        }
    }

    /// How often to look at a lock that is held before standing in line, and for how many pauses
    /// each time, as in Go.
    pub(crate) const LOOKS: u32 = 4;
    pub(crate) const PAUSES: u32 = 30;
}

#[cfg(goish_loom)]
mod edition {
    use std::cell::Cell;

    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize};

    std::thread_local! {
        /// Whether every wait of this model is a long one. loom runs the threads of a model on one
        /// thread of the system.
        pub(crate) static EVERYBODY_IS_IMPATIENT: Cell<bool> = const { Cell::new(false) };
    }

    #[derive(Debug)]
    pub(crate) struct Arrival;

    impl Arrival {
        pub(crate) fn now() -> Self {
            Self
        }

        pub(crate) fn is_long_ago(&self) -> bool {
            EVERYBODY_IS_IMPATIENT.get()
        }
    }

    /// Looking again changes nothing that the models explore.
    pub(crate) const LOOKS: u32 = 0;
    pub(crate) const PAUSES: u32 = 0;
}

pub(crate) use edition::*;

/// Makes a function `const`, but for loom, whose primitives know the execution that they are in.
macro_rules! const_unless_modelled {
    ($(#[$doc:meta])* $visibility:vis fn $($rest:tt)*) => {
        $(#[$doc])*
        #[cfg(not(goish_loom))]
        $visibility const fn $($rest)*

        $(#[$doc])*
        #[cfg(goish_loom)]
        $visibility fn $($rest)*
    };
}

pub(crate) use const_unless_modelled;
