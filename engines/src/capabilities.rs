//! What an engine is, and what it can honour.

/// Who an engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// The engine's name, as the feature `engine-<name>` and the lab's `--engines` spell it.
    pub name: &'static str,
    /// The package behind it, whose version stands in `Cargo.lock`.
    pub package: &'static str,
    /// What goish can rely on.
    pub capabilities: Capabilities,
}

/// Whether, and by whom, a promise is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// The crate itself keeps it.
    Native,
    /// The crate does not; this workspace's waiting core keeps it in the crate's place.
    Built,
    /// Nobody does. goish refuses the operation, and says this reason.
    Missing(&'static str),
}

impl Support {
    /// Whether goish offers the operation on this engine.
    pub const fn is_offered(self) -> bool {
        !matches!(self, Support::Missing(_))
    }
}

/// Go's promises, one by one, as an engine keeps them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Channels with a capacity above 0.
    pub buffered: Support,
    /// A send on a channel of capacity 0 returns after a receiver has the value.
    pub rendezvous: Support,
    /// Channels without a capacity.
    pub unbounded: Support,
    /// Close wakes parked receivers and parked senders, and no send slips in after it.
    pub close: Support,
    /// Parked senders are served in the order in which they parked.
    pub sender_order: Support,
    /// `select` over several channels commits exactly one case.
    pub select: Support,
    /// A pending operation that is dropped loses no value and leaves no waiter behind.
    pub cancellation: Support,
    /// The crate's own rendezvous, for `raw` measurements; `Missing` names the stand-in.
    pub raw_rendezvous: Support,
}
