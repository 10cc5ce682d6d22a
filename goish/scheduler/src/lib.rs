//! The goroutines of goish: what runs them, and nothing of what they say to each other.

#[cfg(feature = "scheduler-native")]
mod native;
