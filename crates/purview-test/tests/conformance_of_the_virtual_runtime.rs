//! The virtual runtime passes the suite that it comes with.

use purview_test::{VirtualRuntime, conformance};

mod unseeded {
    use super::*;
    conformance!(VirtualRuntime::new, block_on: |rt, test| rt.block_on(test));
}

mod seeded {
    use super::*;
    conformance!(|| VirtualRuntime::seeded(7), block_on: |rt, test| rt.block_on(test));
}
