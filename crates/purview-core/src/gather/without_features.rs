//! What `.rate(..)` and `.span(..)` say where their features are off.

#[cfg(not(feature = "rate-limit"))]
pub use self::rate::RateLimited;
#[cfg(not(feature = "tracing"))]
pub use self::span::Traced;

#[cfg(not(feature = "rate-limit"))]
mod rate {
    use std::time::Duration;

    use crate::{
        gather::{Gather, source::Source},
        policy::Policy,
        scope::Builder,
    };

    /// What nothing is: the bound is there for what the compiler says of it.
    #[diagnostic::on_unimplemented(
        message = "`.rate(..)` needs the feature `rate-limit` of Purview",
        label = "the feature `rate-limit` is off",
        note = "in Cargo.toml: `purview = {{ version = \"0.1\", features = [\"rate-limit\"] }}`"
    )]
    pub trait RateLimited: Sized {}

    impl<P: Policy> Builder<P> {
        #[doc(hidden)]
        pub fn rate(self, _: u32, _: Duration) -> Self
        where
            Self: RateLimited,
        {
            self
        }
    }

    impl<S: Source, M> Gather<S, M> {
        #[doc(hidden)]
        pub fn rate(self, _: u32, _: Duration) -> Self
        where
            Self: RateLimited,
        {
            self
        }
    }
}

#[cfg(not(feature = "tracing"))]
mod span {
    use crate::{
        gather::{Gather, source::Source},
        policy::Policy,
        scope::{Builder, Kind, TaskBuilder},
        tree::TaskInfo,
    };

    /// As `RateLimited`.
    #[diagnostic::on_unimplemented(
        message = "`.span(..)` needs the feature `tracing` of Purview",
        label = "the feature `tracing` is off",
        note = "in Cargo.toml: `purview = {{ version = \"0.1\", features = [\"tracing\"] }}`"
    )]
    pub trait Traced: Sized {}

    impl<P: Policy> Builder<P> {
        #[doc(hidden)]
        pub fn span<R>(self, _: impl Fn(&TaskInfo) -> R) -> Self
        where
            Self: Traced,
        {
            self
        }
    }

    impl<P: Policy, K: Kind, W> TaskBuilder<'_, P, K, W> {
        #[doc(hidden)]
        pub fn span<R>(self, _: impl FnOnce(&TaskInfo) -> R) -> Self
        where
            Self: Traced,
        {
            self
        }
    }

    impl<S: Source, M> Gather<S, M> {
        #[doc(hidden)]
        pub fn span<R>(self, _: impl Fn(&TaskInfo) -> R) -> Self
        where
            Self: Traced,
        {
            self
        }
    }
}
