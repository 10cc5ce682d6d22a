use goish::prelude::*;

fn main() {
    let c = chan!(int);
    go! { || c.Send(1) };
    go!(|| {
        println!("hello");
    });
    for i in range!(0..3) {
        println!("{i}");
    }
}
