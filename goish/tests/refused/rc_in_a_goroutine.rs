use std::rc::Rc;

use goish::prelude::*;

fn main() {
    let shared = Rc::new(1);
    let c = chan!(int);
    go! {
        c.Send(*shared);
    };
}
