//! What becomes of goroutines in the child of a fork.
//!
//! A child has one thread, which has called `fork`, and none of its parent's workers. If it made some,
//! they would run its parent's goroutines a second time, and wait for what its parent waits for: both
//! have one `epoll` between them, and what one of them is told the other never hears. So whoever uses
//! goroutines in a child whose parent had some is refused. Go has the same rule, and no words for it.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ending::refuse;

/// Whether this process is a child of one in which the runtime had started.
static IS_CHILD: AtomicBool = AtomicBool::new(false);

/// From here on a fork makes a child that is refused.
pub(crate) fn remember() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        #[cfg(unix)]
        {
            extern "C" fn mark() {
                IS_CHILD.store(true, Ordering::Relaxed);
            }
            // SAFETY: the function lives as long as the program, and may be called in a child: it
            // stores a word. Without room for it a child is not refused.
            let _ = unsafe { libc::pthread_atfork(None, None, Some(mark)) };
        }
    });
}

/// Refuses a child. Called where it would wake, make or be a worker.
#[inline]
pub(crate) fn refuse_child() {
    if IS_CHILD.load(Ordering::Relaxed) {
        refuse(
            "the child of a fork has none of its parent's threads, and so no goroutines: fork before \
             the first goroutine, or start another program in the child",
        );
    }
}
