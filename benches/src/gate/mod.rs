//! The gate's hands: worktrees and builds, children of both revisions, counting. What it makes of
//! what they bring is [`goish_results::gate`].

pub(crate) mod build;
pub(crate) mod cells;
pub(crate) mod counting;
pub(crate) mod judge;
pub(crate) mod load;
pub(crate) mod program;
pub(crate) mod revision;
pub(crate) mod sampling;
