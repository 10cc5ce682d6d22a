#![allow(non_upper_case_globals)]

use std::sync::LazyLock;

use goish::prelude::*;

static jobs: LazyLock<Chan<int>> = LazyLock::new(|| chan!(int));

fn main() {
    go! {
        jobs.Send(1);
    };
    go! {
        self::jobs.Send(1);
    };
}
