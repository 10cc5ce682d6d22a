use goish::prelude::*;

struct Server {
    jobs: Chan<int>,
}

impl Server {
    fn start(&self) {
        go! {
            self.jobs.Send(1);
        };
    }
}

fn main() {}
