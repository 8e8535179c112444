//! Programs that the fuzzer spells, run on the real scopes and compared with the reference model, as the model test does with
//! random ones. The fuzzer sees which code a program reaches, and changes those that reach something new.
#![no_main]
#![allow(dead_code, reason = "the model test uses the rest")]

#[path = "../../crates/purview-test/tests/model/actor.rs"]
mod actor;
#[path = "../../crates/purview-test/tests/model/case.rs"]
mod case;
#[path = "../../crates/purview-test/tests/model/features.rs"]
mod features;
#[path = "../../crates/purview-test/tests/model/flavor.rs"]
mod flavor;
#[path = "../../crates/purview-test/tests/model/generate/mod.rs"]
mod generate;
#[path = "../../crates/purview-test/tests/model/interpret/mod.rs"]
mod interpret;
#[path = "../../crates/purview-test/tests/model/program.rs"]
mod program;
#[path = "../../crates/purview-test/tests/model/quiet.rs"]
mod quiet;
#[path = "../../crates/purview-test/tests/model/reference/mod.rs"]
mod reference;
#[path = "../../crates/purview-test/tests/model/shared.rs"]
mod shared;
#[path = "../../crates/purview-test/tests/model/trace.rs"]
mod trace;
#[path = "../../crates/purview-test/tests/model/walk.rs"]
mod walk;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Err(failure) = case::run_bytes(bytes) {
        panic!("{failure}");
    }
});
