//! Writes the report of a made-up run, to look at the page without measuring for hours:
//! `cargo run -p goish-dashboards --example synthetic_report -- FOLDER [ENGINE…]`.

use std::path::Path;
use std::process::ExitCode;

use goish_dashboards::{ReportOptions, write_report};
use goish_results::summary::summarise;

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (folder, engines) = match arguments.split_first() {
        Some((folder, [])) => (folder, vec!["flume", "async-channel"]),
        Some((folder, engines)) => (folder, engines.iter().map(String::as_str).collect()),
        None => {
            eprintln!("say which folder the report belongs in");
            return ExitCode::from(2);
        }
    };
    let run = synthetic::whole(&engines, 12).run;
    let options = ReportOptions {
        default_engine: "flume".to_owned(),
        previous: None,
    };
    match write_report(&run, &summarise(&run), Path::new(folder), &options) {
        Ok(()) => {
            println!("report: {folder}/index.html");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
