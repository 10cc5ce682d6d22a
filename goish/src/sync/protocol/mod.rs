//! How the types of `sync` wait, apart from what they guard and how they are called.
//!
//! Each protocol is an atomic word that decides, and a line of waiters under a lock that only those
//! take who have to wait or to wake. The word and the wake-up are two steps, so every protocol says
//! what whoever comes between them sees; `models` explores it.

pub(crate) mod count;
pub(crate) mod exclusion;
pub(crate) mod primitives;
pub(crate) mod sharing;
pub(crate) mod signals;
mod waiters;

#[cfg(all(test, goish_loom))]
mod models;
