//! The suite that every runtime must pass, inside async-std and from outside.

use purview_async_std::AsyncStd;
use purview_test::conformance;

mod outside {
    use super::*;

    conformance!(AsyncStd::new);
}

mod inside_async_std {
    use super::*;

    conformance!(AsyncStd::new, block_on: |_, test| async_std::task::block_on(test));
}
