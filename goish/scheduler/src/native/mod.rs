//! goish's own scheduler: small cells, queues that others steal from, and idle workers that sleep in
//! tokio's driver, so that what goroutines use of tokio's works. `docs/scheduler.md` explains it.

// The protocols, each a file or a folder that stands by itself, and is modelled by itself.
mod cell;
mod idle;
mod inject;
mod permit;
mod ring;
mod slab;
mod sync;
mod timers;
mod vacancy;

#[cfg(all(test, goish_loom))]
mod models;

// What is made of them. loom's edition does without.
#[cfg(not(goish_loom))]
mod clock;
#[cfg(not(goish_loom))]
mod driver;
#[cfg(not(goish_loom))]
mod held;
#[cfg(not(goish_loom))]
mod processor_time;
#[cfg(not(goish_loom))]
mod run;
#[cfg(not(goish_loom))]
mod scheduler;
#[cfg(not(goish_loom))]
mod state;
#[cfg(not(goish_loom))]
mod thread;
#[cfg(not(goish_loom))]
mod turns;
#[cfg(not(goish_loom))]
mod watch;
#[cfg(not(goish_loom))]
mod worker;

#[cfg(not(goish_loom))]
pub(crate) use state::Native;
