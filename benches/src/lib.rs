//! The laboratory of goish: the workloads, and the `lab` command that runs, records and reports
//! them.
//!
//! A sample is one [`Workload`](workloads::Workload), run once in a [child] process on a
//! [`Subject`](subject::Subject), an engine in raw or goish mode. [`launch`] starts it and makes an
//! outcome of whatever comes of it; [`plan`] decides on the order; [`commands`] are the rest.

pub mod allocator;
pub mod cases;
pub mod child;
pub mod commands;
pub mod conformance;
pub mod criterion_output;
pub mod field;
pub mod launch;
pub mod memory;
pub mod plan;
pub mod protocol;
pub mod stage;
pub mod subject;
pub mod workloads;

mod attend;
mod console;
mod count;
mod failure;
mod gate;
mod injection;
mod place;
mod signals;
mod table;

/// What samples are allocated with, as it stands in the machine's fingerprint.
const ALLOCATOR: &str = "system";

/// Worker threads that samples run on: `GOMAXPROCS` where it is set to a positive number, else what
/// the system offers this process.
pub fn workers() -> u32 {
    let set = std::env::var("GOMAXPROCS")
        .ok()
        .and_then(|text| text.parse().ok());
    let offered = || {
        std::thread::available_parallelism().map_or(1, |count| count.get().try_into().unwrap_or(1))
    };
    set.filter(|&workers| workers > 0).unwrap_or_else(offered)
}
