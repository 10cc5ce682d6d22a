//! Nothing in a ring is lost or doubled.
