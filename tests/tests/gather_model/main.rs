//! `gather` in every mode, on random programs under a virtual clock, against a sequential model of a page.
//!
//! `PURVIEW_CASES` says how many programs; each is told by its seed.
#![forbid(unsafe_code)]

mod model;
mod program;
mod run;

use program::Program;

#[test]
fn gather_does_what_the_model_says() {
    std::panic::set_hook(Box::new(|info| {
        // The panics of the programs are part of them; only what this test itself says is to be read.
        if info.payload().downcast_ref::<program::Bang>().is_none() {
            eprintln!("{info}");
        }
    }));
    let cases = std::env::var("PURVIEW_CASES").map_or(10_000, |text| text.parse().expect("PURVIEW_CASES is a number"));
    let mut told = [0; 7];
    for seed in 0..cases {
        let program = Program::generate(seed);
        let expected = model::expect(&program);
        let seen = run::run(&program);
        assert_eq!(seen, expected, "seed {seed}: {program:#?}");
        told[program.mode as usize] += 1;
    }
    assert!(
        cases < 1_000 || told.iter().all(|n| *n > cases / 20),
        "some modes were hardly tried: {told:?}"
    );
}
