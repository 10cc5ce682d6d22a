//! What the suites have in common.

use std::path::PathBuf;
use std::time::Duration;

use criterion::measurement::Measurement;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use goish_engines::{Engine, Visitor, visit_all};
use goish_lab::criterion_output::{Stamp, folder};
use goish_lab::protocol::mode_name;
use goish_lab::stage::Wrong;
use goish_lab::subject::{Goish, Raw, Subject};

/// Something that is measured on every engine in both modes.
pub(crate) trait OnEach {
    /// Called for each.
    fn on<S: Subject>(&mut self);
}

/// Calls it for every engine of this build, in raw and in goish mode.
pub(crate) fn on_each(what: &mut impl OnEach) {
    struct Both<'a, W>(&'a mut W);
    impl<W: OnEach> Visitor for Both<'_, W> {
        fn visit<E: Engine>(&mut self) {
            self.0.on::<Raw<E>>();
            self.0.on::<Goish<E>>();
        }
    }
    visit_all(&mut Both(what));
}

/// `case/mode/engine`, and the parameter if the case has one.
pub(crate) fn id<S: Subject>(param: &str) -> BenchmarkId {
    let (mode, engine) = (mode_name(S::MODE), S::NAME);
    match param {
        "" => BenchmarkId::new(mode, engine),
        param => BenchmarkId::new(format!("{mode}/{engine}"), param),
    }
}

/// A runtime of a subject, to run workloads on one after the other.
pub(crate) struct Stand<S: Subject>(S::Runtime);

impl<S: Subject> Stand<S> {
    /// Starts the runtime.
    pub(crate) fn new() -> Self {
        let workers = goish_lab::workers() as usize;
        Stand(S::runtime(workers).expect("the system gives threads"))
    }

    /// Runs a workload to its end.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        workload: impl Future<Output = Result<T, Wrong>> + Send + 'static,
    ) -> T {
        let result = S::start(&self.0, workload)
            .recv()
            .expect("the workload ends");
        result.expect("the workload delivers what was sent")
    }
}

/// Measures a workload that is given the number of iterations and says how long they took.
pub(crate) fn measure<S, F>(
    group: &mut BenchmarkGroup<'_, impl Measurement<Value = Duration>>,
    param: &str,
    workload: impl Fn(u64) -> F,
) where
    S: Subject,
    F: Future<Output = Result<Duration, Wrong>> + Send + 'static,
{
    let stand = Stand::<S>::new();
    group.bench_function(id::<S>(param), |bencher| {
        bencher.iter_custom(|iterations| stand.run(workload(iterations)));
    });
}

/// criterion, told where to leave what it measures.
pub(crate) fn criterion(suite: &str) -> Criterion {
    let folder = output(suite);
    Criterion::default()
        .output_directory(&folder)
        .sample_size(10)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
}

/// Whether this run measures, and does not only list, check or draw.
pub(crate) fn measures() -> bool {
    const ELSEWISE: [&str; 6] = [
        "--list",
        "--test",
        "--help",
        "-h",
        "--load-baseline",
        "--profile-time",
    ];
    !std::env::args().any(|argument| ELSEWISE.contains(&argument.as_str()))
}

/// The folder for criterion's output, with the suite's stamp in it when this run measures.
fn output(suite: &str) -> PathBuf {
    let folder = folder().expect("a running program knows where it is");
    if measures()
        && let Err(error) = Stamp::leave(suite, &folder)
    {
        // The figures are as good without: only `lab report --criterion` will refuse them.
        eprintln!("warning: no stamp of the suite `{suite}` was left: {error}");
    }
    folder
}
