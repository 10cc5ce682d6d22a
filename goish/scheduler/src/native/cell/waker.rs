//! A goroutine's wakers, and how the one that waits for an end is kept in one word.

use std::mem::ManuallyDrop;
use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::Task;
use super::state::Woken;

/// A static: its address is what tells a goroutine's waker from any other, and a constant may have
/// several.
static WAKER: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// The waker that a goroutine is polled with. It is not counted, so it is never dropped.
///
/// # Safety
///
/// The caller holds the task for as long as it has the waker.
#[inline]
pub(super) unsafe fn borrowed(task: Task) -> ManuallyDrop<Waker> {
    // SAFETY: the functions below keep `RawWaker`'s contract: they are thread-safe, and the cell is
    // alive for as long as a waker is counted, or the task is held (I5).
    ManuallyDrop::new(unsafe { Waker::from_raw(RawWaker::new(task.as_ptr(), &WAKER)) })
}

/// # Safety
///
/// A waker's: counted, or borrowed from the goroutine's turn.
unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: a waker's data is its cell's address, and the cell is alive (I5).
    let task = unsafe { Task::from_ptr(data.cast_mut()) };
    // SAFETY: as above.
    unsafe { task.state() }.add_waker();
    RawWaker::new(data, &WAKER)
}

/// # Safety
///
/// A counted waker's, which is given up.
unsafe fn wake(data: *const ()) {
    // SAFETY: as for `clone`.
    let task = unsafe { Task::from_ptr(data.cast_mut()) };
    // SAFETY: as above.
    match unsafe { task.state() }.wake_by_value() {
        // SAFETY: the wake has made the task this thread's to hold (I1).
        Woken::Ready => unsafe { task.ready() },
        // The waker is no longer counted: the cell may be gone.
        Woken::Noted => {}
        // SAFETY: the waker is still counted.
        Woken::Ended => unsafe { drop_waker(data) },
    }
}

/// # Safety
///
/// A waker's: counted, or borrowed from the goroutine's turn.
unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: as for `clone`.
    let task = unsafe { Task::from_ptr(data.cast_mut()) };
    // SAFETY: as above.
    if unsafe { task.state() }.wake_by_ref() == Woken::Ready {
        // SAFETY: the wake has made the task this thread's to hold (I1).
        unsafe { task.ready() }
    }
}

/// # Safety
///
/// A counted waker's, which is given up.
unsafe fn drop_waker(data: *const ()) {
    // SAFETY: as for `clone`.
    unsafe { release(Task::from_ptr(data.cast_mut())) }
}

/// Gives up what keeps a cell as a waker does.
///
/// # Safety
///
/// It is counted, and the caller's.
#[inline]
pub(super) unsafe fn release(task: Task) {
    // SAFETY: counted, so the cell is alive (I5).
    if unsafe { task.state() }.drop_waker() {
        // SAFETY: the last to have it (I5).
        unsafe { task.free() }
    }
}

/// Set in the word of a waker that is boxed. Cells and boxed wakers are aligned to more.
const BOXED: usize = 1;

/// Makes one word of a waker: a goroutine's is its address, any other is boxed.
pub(super) fn into_word(waker: Waker) -> *mut () {
    if is_ours(&waker) {
        ManuallyDrop::new(waker).data().cast_mut()
    } else {
        let boxed = Box::into_raw(Box::new(waker)).cast::<()>();
        boxed.map_addr(|address| address | BOXED)
    }
}

/// Makes a waker of its word.
///
/// # Safety
///
/// From [`into_word`], and not made a waker before.
pub(super) unsafe fn from_word(word: *mut ()) -> Waker {
    if word.addr() & BOXED == 0 {
        // SAFETY: what `into_word` took apart.
        unsafe { Waker::from_raw(RawWaker::new(word, &WAKER)) }
    } else {
        let boxed = word.map_addr(|address| address & !BOXED).cast::<Waker>();
        // SAFETY: what `into_word` boxed.
        *unsafe { Box::from_raw(boxed) }
    }
}

/// Whether a word is a goroutine's, and `waker` is the same goroutine's. It looks at no memory that
/// the word points to: the waker in it may be another's by now, and gone.
pub(super) fn is_same_goroutine(word: *mut (), waker: &Waker) -> bool {
    is_ours(waker) && ptr::eq(word, waker.data())
}

fn is_ours(waker: &Waker) -> bool {
    ptr::eq(waker.vtable(), &WAKER)
}
