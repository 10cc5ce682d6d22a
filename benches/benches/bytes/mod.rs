//! Memory as a measurement of criterion's.

use std::process::Command;

use criterion::Throughput;
use criterion::measurement::{Measurement, ValueFormatter};
use goish_lab::protocol::{Answer, Request};
use goish_lab::subject::Subject;
use goish_results::record::Outcome;

/// Bytes in place of time. Only for `iter_custom`: nothing is measured around a closure.
pub(crate) struct Bytes;

impl Measurement for Bytes {
    type Intermediate = ();
    type Value = f64;

    fn start(&self) {}

    fn end(&self, (): ()) -> f64 {
        0.0
    }

    fn add(&self, left: &f64, right: &f64) -> f64 {
        left + right
    }

    fn zero(&self) -> f64 {
        0.0
    }

    fn to_f64(&self, value: &f64) -> f64 {
        *value
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &BytesFormatter
    }
}

struct BytesFormatter;

impl ValueFormatter for BytesFormatter {
    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        let (unit, size) = match typical {
            size if size >= 1024.0 * 1024.0 => ("MiB", 1024.0 * 1024.0),
            size if size >= 1024.0 => ("KiB", 1024.0),
            _ => ("B", 1.0),
        };
        values.iter_mut().for_each(|value| *value /= size);
        unit
    }

    fn scale_throughputs(&self, _: f64, _: &Throughput, _: &mut [f64]) -> &'static str {
        "B"
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "B"
    }
}

/// Takes one sample of `rss-100k` in a fresh process, as the lab does.
pub(crate) fn per_channel<S: Subject>() -> f64 {
    let request = Request {
        case: "rss-100k".to_owned(),
        param: "capacity=0".to_owned(),
        mode: S::MODE,
        engine: S::NAME.to_owned(),
        workers: goish_lab::workers(),
        scale: 1,
        deadline_ms: 60_000,
        memory_bytes: None,
    };
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    let output = lab
        .args(request.arguments())
        .output()
        .expect("the lab starts");
    let answer: Answer = serde_json::from_slice(&output.stdout).expect("the lab answers");
    match answer.outcome {
        Outcome::Ok { figures } => figures.first().expect("a sample has figures").value,
        failed => panic!("the lab could not measure: {failed:?}"),
    }
}
