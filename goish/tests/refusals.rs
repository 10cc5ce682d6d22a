//! The compile errors that a user will meet, each of which says what to write instead.
//!
//! `TRYBUILD=overwrite cargo test -p goish --test refusals` writes them anew.

#[test]
fn refusals_say_what_to_write_instead() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/refused/*.rs");
}
