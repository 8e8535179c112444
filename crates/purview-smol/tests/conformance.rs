//! The suite that every runtime must pass, on the global executor and on one of the user's own.

use std::sync::Arc;

use purview_smol::{Smol, SmolExecutor};
use purview_test::conformance;

mod the_global_executor {
    use super::*;

    conformance!(Smol::new);
}

mod inside_smol {
    use super::*;

    conformance!(Smol::new, block_on: |_, test| smol::block_on(test));
}

mod an_executor_of_the_users_own {
    use super::*;

    conformance!(
        || Smol::on(Arc::new(smol::Executor::new())),
        block_on: |runtime: &SmolExecutor, test| smol::block_on(runtime.executor().run(test)),
    );
}
