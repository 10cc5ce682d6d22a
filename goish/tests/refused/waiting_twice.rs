use goish::prelude::*;

fn main() {
    let g = go! { 1 };
    go! {
        let _ = g.Wait();
        let _ = g.Wait();
    };
}
