//! The lab's own engines, with mimalloc in the place of the system's allocator.

use goish_field::child;
use goish_lab::allocator::CountingAllocator;
use today::MiMalloc;

#[global_allocator]
static ALLOCATOR: CountingAllocator<MiMalloc> = CountingAllocator(MiMalloc);

fn main() -> ! {
    child::engines()
}
