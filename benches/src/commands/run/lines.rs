//! Which cases a run has, and who takes part in each.

use goish_engines::{DefaultEngine, Engine};
use goish_results::record::Mode;

use super::Arguments;
use crate::cases::{self, CASES, Case, UnknownCase};
use crate::failure::Failure;
use crate::field::cases::{self as goroutine_cases, GoroutineCase};
use crate::field::register::Entry;
use crate::plan::Line;

/// The lines of a run's plan.
pub(super) fn lines<'a>(
    arguments: &Arguments,
    engines: &[&'a str],
    subjects: &[&'a Entry],
) -> Result<Vec<Line<'a>>, Failure> {
    let (channels, goroutines) = wanted(arguments)?;
    let of_channels = channels.into_iter().map(|case| {
        let samples = arguments.samples(case.weight);
        let of_surface = case.workload.is_of_surface();
        let goish = match case.only_in_field() || of_surface {
            // What it is compared with is the same engine, with the system's allocator; or it is no
            // matter of engines.
            true => vec![DefaultEngine::INFO.name],
            false => engines.to_vec(),
        };
        let raw = match of_surface {
            true => Vec::new(),
            false => goish.clone(),
        };
        let takes_part = |subject: &&&Entry| match of_surface {
            true => subject.has_surface(),
            false => subject.channels && !case.only_in_field(),
        };
        let subjects = subjects.iter().filter(takes_part);
        line(case.name, case.param, samples, raw, goish, subjects)
    });
    let of_goroutines = goroutines.into_iter().map(|case| {
        let samples = arguments.samples(case.weight);
        let subjects = subjects.iter().filter(|subject| subject.goroutines);
        line(
            case.name,
            case.param,
            samples,
            Vec::new(),
            Vec::new(),
            subjects,
        )
    });
    Ok(of_channels.chain(of_goroutines).collect())
}

fn line<'a, 's>(
    case: &'static str,
    param: &'static str,
    samples: u32,
    mut raw: Vec<&'a str>,
    mut goish: Vec<&'a str>,
    subjects: impl Iterator<Item = &'s &'a Entry>,
) -> Line<'a>
where
    'a: 's,
{
    for subject in subjects {
        match subject.mode() {
            Mode::Raw => raw.push(subject.name),
            Mode::Goish => goish.push(subject.name),
        }
    }
    Line {
        case,
        param,
        samples,
        raw,
        goish,
    }
}

type Wanted = (Vec<&'static Case>, Vec<&'static GoroutineCase>);

/// The cases of channels and those of goroutine runtimes that are asked for.
fn wanted(arguments: &Arguments) -> Result<Wanted, Failure> {
    let field = arguments.field;
    if arguments.cases.is_empty() {
        // Without all subjects the program with mimalloc is not there either.
        let all = field && arguments.subjects.is_empty();
        let channels = CASES.iter().filter(|case| all || !case.only_in_field());
        let goroutines = goroutine_cases::CASES.iter().filter(|_| field);
        return Ok((channels.collect(), goroutines.collect()));
    }
    let of_goroutines = |name: &&String| goroutine_cases::names().contains(&name.as_str());
    let (goroutines, channels): (Vec<&String>, Vec<&String>) =
        arguments.cases.iter().partition(of_goroutines);
    if let Some(name) = goroutines.first()
        && !field
    {
        return Err(Failure::Usage(format!(
            "the case `{name}` compares goroutine runtimes: `cargo lab run --field` has it"
        )));
    }
    let channels: Vec<String> = channels.into_iter().cloned().collect();
    let mut selected = cases::select(&channels).map_err(|unknown| match unknown {
        UnknownCase::Name { name } if field => Failure::Usage(format!(
            "there is no case `{name}`; the cases are {}, {}",
            cases::names().join(", "),
            goroutine_cases::names().join(", ")
        )),
        unknown => Failure::from(unknown),
    })?;
    if field && arguments.subjects.is_empty() {
        let with_mimalloc = CASES
            .iter()
            .filter(|case| case.only_in_field() && channels.iter().any(|name| name == case.name));
        selected.extend(with_mimalloc);
    }
    let is_wanted = |case: &&GoroutineCase| goroutines.iter().any(|name| *name == case.name);
    let goroutines = goroutine_cases::CASES.iter().filter(is_wanted);
    Ok((selected, goroutines.collect()))
}
