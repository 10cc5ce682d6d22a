use goish::prelude::*;

fn main() {
    let number = 1;
    select! {
        recv(number) => {}
    }
}
