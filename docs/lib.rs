//! The code of `docs/coming-from-go.md`, run as tests. The crates that it shows are this package's
//! alone: goish does not depend on them.
#![cfg_attr(doctest, doc = include_str!("coming-from-go.md"))]
