//! What `.rate(..)` says where its feature is off.

use std::time::Duration;

use super::{Gather, source::Source};
use crate::{policy::Policy, scope::Builder};

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
