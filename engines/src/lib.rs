//! The channel engines of goish.
//!
//! An [`Engine`] is a channel crate seen two ways. [`Engine::Raw`] is its own API and nothing
//! else: what a plain tokio program would use, and what the lab measures as `raw`.
//! [`Engine::Channel`] keeps Go's rules: rendezvous, close that wakes both sides, `select` with
//! exactly one commit, cancellation that loses nothing. What an engine cannot honour stands in its
//! [`Capabilities`].

#[cfg(feature = "engine-async-channel")]
mod async_channel;
mod capabilities;
mod channel;
#[cfg_attr(
    goish_loom,
    allow(
        dead_code,
        unused_imports,
        unreachable_pub,
        reason = "the models use some of it"
    )
)]
mod core;
#[cfg(feature = "engine-crossfire")]
mod crossfire;
#[cfg(feature = "engine-flume")]
mod flume;
#[cfg(feature = "engine-kanal")]
mod kanal;
#[cfg(feature = "engine-native")]
mod native;
mod raw;
mod registry;
mod select;

pub use capabilities::{Capabilities, Info, Support};
pub use channel::{Channel, CloseError, Engine, Operations, SendError, TryRecvError, TrySendError};
pub use raw::{RawChannels, RawReceiver, RawSender};
pub use registry::*;
pub use select::{Arm, Attempt, Case, Glance, Registration, Select, SelectArm, select, try_select};
