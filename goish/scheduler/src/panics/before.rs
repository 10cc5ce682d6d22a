//! The panic hook that was there before goish's.

use std::panic::{PanicHookInfo, take_hook};
use std::ptr;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// What every panic was told to, until goish keeps those of goroutines to itself.
pub(super) struct Before {
    hook: Hook,
    is_users: bool,
}

impl Before {
    /// Takes it out.
    pub(super) fn take() -> Self {
        let hook = take_hook();
        // Where none is set, this gives Rust's own, which prints.
        let own = take_hook();
        // Both come from the same line of the standard library, if they are equal.
        let is_users = !ptr::eq(&raw const *hook, &raw const *own);
        Self { hook, is_users }
    }

    /// Whether the program has set it: then it may report crashes, and hears of every panic, as it
    /// does of those of threads.
    pub(super) fn is_users(&self) -> bool {
        self.is_users
    }

    pub(super) fn tell(&self, info: &PanicHookInfo<'_>) {
        (self.hook)(info);
    }
}
