//! loom models: every interleaving of the scheduler's protocols, one file for each protocol.

mod idle;
mod ring;
