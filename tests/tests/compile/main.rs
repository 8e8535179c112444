//! What must compile, and what must not: programs of their own, because no test can be built from code that is refused.
//!
//! Every file in `pass/` must compile. Every file in `fail/` names in its first line, after `//! refused:`, the error
//! codes that the compiler must give for it, no more and no fewer (`none` for an error that has no code). Codes, because the wording changes with every release
//! of the compiler; a doctest's `compile_fail,E0597` looks at its code on nightly only. Where the words are ours, the lines
//! `//! says:` are in what the compiler says; the names in the lines `//! spares:` are not.

mod cases;
mod compiler;

use cases::Case;

#[test]
fn what_must_compile_does() {
    let cases = Case::all("pass");
    let refused: Vec<_> = compiler::check(&cases)
        .into_iter()
        .filter(|verdict| !verdict.codes.is_empty())
        .collect();
    assert!(refused.is_empty(), "refused though it must compile: {refused:#?}");
}

#[test]
fn what_must_not_compile_is_refused_for_the_reason_named() {
    let cases = Case::all("fail");
    let wrong: Vec<_> = compiler::check(&cases)
        .into_iter()
        .zip(&cases)
        .filter(|(verdict, case)| {
            case.refused.is_empty() || verdict.codes != case.refused || !case.is_told(&verdict.text)
        })
        .map(|(verdict, case)| {
            format!(
                "{}: expected {:?} with {:?} and without {:?}, got {:?}\n{}",
                case.name, case.refused, case.says, case.spares, verdict.codes, verdict.text
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A harness that takes anything would pass both tests above.
#[test]
fn the_compiler_is_really_asked() {
    let swapped = Case::all("fail").into_iter().next().expect("there are cases");
    let verdicts = compiler::check(std::slice::from_ref(&swapped));
    assert_eq!(verdicts.len(), 1);
    assert!(verdicts[0].text.contains("error"), "{verdicts:?}");
}
