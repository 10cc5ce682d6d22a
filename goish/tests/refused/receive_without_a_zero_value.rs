use goish::prelude::*;

struct Job(int);

fn main() {
    let jobs: Chan<Job> = Chan::new(0);
    let more = jobs.clone();
    go! {
        let (job, _) = more.Recv();
        drop(job.0);
    };
    let (job, _) = jobs.Recv();
    drop(job.0);
    select! {
        recv(jobs) |job| => drop(job.0),
    }
}
