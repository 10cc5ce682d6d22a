use std::sync::Arc;

use goish::prelude::*;

fn main() {
    let c = chan!(int);
    let total = Arc::new(std::sync::Mutex::new(0));
    go! {
        let mut total = total.lock().unwrap();
        *total += c.Recv().0;
    };
}
