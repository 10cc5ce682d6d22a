//! The cases of goroutine runtimes. What each does stands in `benches/field/src/cases/`, and for Go
//! in `benches/go/`.

use crate::cases::Weight;

/// One case with one of its parameters.
#[derive(Clone, Copy, Debug)]
pub struct GoroutineCase {
    /// The fixed name, for example `spawn-join`.
    pub name: &'static str,
    /// The parameter, for example `n=1000`; empty when the case has none.
    pub param: &'static str,
    /// How much of a run's time one sample takes.
    pub(crate) weight: Weight,
}

/// Every case, in the order of the report.
pub const CASES: &[GoroutineCase] = {
    use Weight::{Endless, Heavy, Light};
    const fn case(name: &'static str, param: &'static str, weight: Weight) -> GoroutineCase {
        GoroutineCase {
            name,
            param,
            weight,
        }
    }
    &[
        case("spawn-join", "n=1000", Light),
        case("spawn-join", "n=10000", Light),
        case("spawn-join", "n=100000", Heavy),
        case("spawn-join", "n=1000000", Endless),
        case("parked", "n=1000", Light),
        case("parked", "n=10000", Light),
        case("parked", "n=100000", Heavy),
        case("parked", "n=1000000", Endless),
        case("switch", "", Light),
        case("producers", "n=600", Light),
        case("producers", "n=10000", Heavy),
        case("producers", "n=100000", Endless),
    ]
};

/// The names of the cases, each once, in order.
pub fn names() -> Vec<&'static str> {
    let mut names: Vec<_> = CASES.iter().map(|case| case.name).collect();
    names.dedup();
    names
}
