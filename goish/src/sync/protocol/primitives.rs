//! The primitives that the protocols stand on, in two editions: the real ones, and loom's, under
//! which the model tests explore every interleaving (`--cfg goish_loom`).

#[cfg(not(goish_loom))]
mod edition {
    pub(crate) use std::sync::Mutex;
    pub(crate) use std::sync::atomic::AtomicI64;
}

#[cfg(goish_loom)]
mod edition {
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::AtomicI64;
}

pub(crate) use edition::*;
