//! Which engines were built. A new engine is one line here, one feature and one file.

use crate::capabilities::Info;
use crate::channel::Engine;

/// A computation that is generic over the engine, for callers that have only an engine's name.
pub trait Visitor {
    /// Called with the engine.
    fn visit<E: Engine>(&mut self);
}

/// An engine was asked for by a name that cannot be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownEngine {
    /// The engine exists, but its feature is off in this build.
    #[error("engine `{name}` was not built: add `--features {feature}` (built: {built})")]
    NotBuilt {
        /// The name asked for.
        name: String,
        /// The feature that builds it.
        feature: &'static str,
        /// The names that would be served, comma separated.
        built: String,
    },
    /// There is no such engine.
    #[error("there is no engine `{name}` (built: {built})")]
    NoSuchEngine {
        /// The name asked for.
        name: String,
        /// The names that would be served, comma separated.
        built: String,
    },
}

macro_rules! engines {
    ($($feature:literal => $name:literal, $module:ident::$engine:ident;)+) => {
        $(
            #[cfg(feature = $feature)]
            pub use crate::$module::$engine;
        )+

        /// The engines of this build, in the order of preference as the default.
        #[allow(clippy::vec_init_then_push, reason = "each push has a feature of its own")]
        pub fn built() -> Vec<Info> {
            #[allow(unused_mut, reason = "a build without engines pushes nothing")]
            let mut built = Vec::new();
            $(
                #[cfg(feature = $feature)]
                built.push(<$engine as Engine>::INFO);
            )+
            built
        }

        /// Calls the visitor with the engine of that name.
        ///
        /// # Errors
        ///
        /// [`UnknownEngine`] when this build has none of that name.
        pub fn visit(name: &str, visitor: &mut impl Visitor) -> Result<(), UnknownEngine> {
            match name {
                $(
                    #[cfg(feature = $feature)]
                    $name => {
                        visitor.visit::<$engine>();
                        Ok(())
                    }
                    #[cfg(not(feature = $feature))]
                    $name => Err(UnknownEngine::NotBuilt {
                        name: name.to_owned(),
                        feature: $feature,
                        built: names(),
                    }),
                )+
                _ => Err(UnknownEngine::NoSuchEngine { name: name.to_owned(), built: names() }),
            }
        }

        /// Calls the visitor with each engine of this build, in the order of [`built`].
        pub fn visit_all(visitor: &mut impl Visitor) {
            $(
                #[cfg(feature = $feature)]
                visitor.visit::<$engine>();
            )+
        }

        engines!(@default [] $($feature, $module::$engine;)+);
    };
    (@default [$($seen:literal)*] $feature:literal, $module:ident::$engine:ident; $($rest:tt)*) => {
        /// The engine of `Chan<T>` when none is named: the first of [`built`].
        #[cfg(all(feature = $feature, not(any($(feature = $seen),*))))]
        pub type DefaultEngine = $engine;

        engines!(@default [$($seen)* $feature] $($rest)*);
    };
    (@default [$($seen:literal)*]) => {
        #[cfg(not(any(goish_loom, $(feature = $seen),*)))]
        compile_error!(concat!("goish needs a channel engine: enable one of the features", $(" ", $seen),*));
    };
}

engines! {
    "engine-native" => "native", native::Native;
    "engine-flume" => "flume", flume::Flume;
    "engine-async-channel" => "async-channel", async_channel::AsyncChannel;
    "engine-kanal" => "kanal", kanal::Kanal;
    "engine-crossfire" => "crossfire", crossfire::Crossfire;
}

fn names() -> String {
    let names: Vec<_> = built().iter().map(|info| info.name).collect();
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;
    impl Visitor for Nothing {
        fn visit<E: Engine>(&mut self) {}
    }

    #[test]
    fn an_unknown_engine_is_named_with_the_ones_that_exist() {
        let error = visit("gone", &mut Nothing).unwrap_err().to_string();
        assert!(
            error.starts_with("there is no engine `gone` (built: "),
            "{error}"
        );
    }

    #[test]
    fn every_built_engine_can_be_visited_by_its_name() {
        for info in built() {
            assert_eq!(visit(info.name, &mut Nothing), Ok(()));
        }
    }
}
