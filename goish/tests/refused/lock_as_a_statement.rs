#![deny(unused_must_use)]

use goish::prelude::*;

fn main() {
    let (m, rw) = (sync::Mutex::new(0), sync::RWMutex::new(0));
    m.Lock();
    rw.Lock();
    rw.RLock();
    go! {
        m.Lock();
        rw.Lock();
        rw.RLock();
    };
}
