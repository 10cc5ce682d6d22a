//! What the operating system can be told about memory: Linux a lot, others nothing.
//!
//! All of it is advice. Where it is not taken the slab does the same, in more time or memory.

use std::ptr::NonNull;

/// What a page that is huge is large and aligned to.
const HUGE: usize = 2 << 20;

/// Whether the memory of a part of an allocation can be given back.
pub(super) const CAN_DISCARD: bool = cfg!(all(target_os = "linux", not(miri)));

/// What regions are aligned to at least: where pages can be huge, so that they are.
pub(super) const ALIGNMENT: usize = if CAN_DISCARD { HUGE } else { 1 };

#[derive(Clone, Copy)]
pub(super) enum Advice {
    /// What is there is no longer needed, the pages can go.
    Discard,
    /// All of it will be written soon: one call costs less than a fault for each page.
    Populate,
    /// Let the pages be huge.
    Huge,
    /// No longer: what is discarded of a huge page comes back when the system makes it whole again.
    Small,
}

/// Tells the system; `false` if it does not listen.
///
/// # Safety
///
/// The memory is allocated. To discard it, it is the caller's, and what is in it is not needed.
#[cfg(all(target_os = "linux", not(miri)))]
pub(super) unsafe fn advise(memory: NonNull<u8>, size: usize, advice: Advice) -> bool {
    let advice = match advice {
        Advice::Discard => libc::MADV_DONTNEED,
        Advice::Populate => libc::MADV_POPULATE_WRITE,
        Advice::Huge => libc::MADV_HUGEPAGE,
        Advice::Small => libc::MADV_NOHUGEPAGE,
    };
    // SAFETY: the memory stays allocated whatever the advice; `Discard` leaves zeros in it, and is
    // allowed by the caller, and none of the others changes what is in it.
    unsafe { libc::madvise(memory.as_ptr().cast(), size, advice) == 0 }
}

#[cfg(not(all(target_os = "linux", not(miri))))]
pub(super) unsafe fn advise(_memory: NonNull<u8>, _size: usize, _advice: Advice) -> bool {
    false
}
