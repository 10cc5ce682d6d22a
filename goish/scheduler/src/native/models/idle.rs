//! Nobody sleeps while something is queued.
