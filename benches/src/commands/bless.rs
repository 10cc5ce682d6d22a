//! `lab bless`: accept a change for the worse, with the reason.

use std::io::Write;

use goish_results::blessed::{self, Blessing, SCHEMA};
use goish_results::record::Mode;
use goish_results::store::timestamp;

use super::House;
use crate::cases;
use crate::failure::Failure;
use crate::place::Checkout;

/// Accept that a case became worse, with the reason, and reset its level
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// The case
    #[arg(value_name = "CASE")]
    case: String,
    /// Why it is worth its price; reviewers read this
    #[arg(long, value_name = "TEXT")]
    why: String,
    /// Only this parameter [default: all]
    #[arg(long, value_name = "PARAM")]
    param: Option<String>,
    /// Only this engine [default: all]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,
    /// Only this mode [default: both]
    #[arg(long, value_name = "MODE", value_parser = crate::protocol::parse_mode)]
    mode: Option<Mode>,
    /// Only this metric [default: all]
    #[arg(long, value_name = "METRIC")]
    metric: Option<String>,
}

pub(super) fn run(house: &House, arguments: &Arguments) -> Result<(), Failure> {
    cases::select(std::slice::from_ref(&arguments.case))?;
    if let Some(param) = &arguments.param {
        cases::find(&arguments.case, param)?;
    }
    if let Some(engine) = &arguments.engine {
        super::run::engines(std::slice::from_ref(engine))?;
    }
    let why = arguments
        .why
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    if why.is_empty() {
        return Err(Failure::Usage(
            "a change is accepted with a reason: say it with --why".to_owned(),
        ));
    }
    let root = house.store.root();
    let blessing = Blessing {
        schema: SCHEMA,
        at: timestamp(),
        commit: Checkout::of(&house.workspace).commit,
        case: arguments.case.clone(),
        param: arguments.param.clone(),
        engine: arguments.engine.clone(),
        mode: arguments.mode,
        metric: arguments.metric.clone(),
        why,
    };
    blessed::add(root, &blessing)?;
    let path = blessed::path(root);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "accepted in {}: commit it with the change that it is about",
        house.shown(&path)
    )?;
    Ok(out.flush()?)
}
