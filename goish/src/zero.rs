//! Zero values.

/// A type with a zero value, which a receive from a closed channel gives: every `Default`.
#[diagnostic::on_unimplemented(
    message = "a receive from a closed channel gives a zero value, and `{Self}` has none",
    label = "`{Self}` does not implement `Default`",
    note = "derive `Default` for it, or receive without a zero value: `for v in range!(channel)`, \
            `channel.recv().await` and `channel.try_recv()` need none"
)]
pub trait Zero: Sized {
    /// The zero value.
    fn zero() -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Default> Zero for T {
    fn zero() -> Self {
        T::default()
    }
}
