//! Classes of faults times runtimes: the tests, and their number.
//!
//! The test of a cell is called `class::scenario::runtime`. A class is in the grid on every runtime or does not compile.

/// Hands the list of runtimes on to another macro, before its other arguments.
macro_rules! on_runtimes {
    ($then:ident $($arguments:tt)*) => {
        $then! {
            [embedded tokio_current_thread tokio_multi_thread smol async_std virtual_runtime] $($arguments)*
        }
    };
}

/// Makes the tests of a class: every scenario on every runtime.
///
/// A scenario is an `async fn(AnyRuntime)` that is `run` inside the runtime, a plain `fn(AnyRuntime)` that polls
/// `by_hand` in the runtime's context, or a plain `fn(Host)` that is `hosted`, outside an executor it can put an end to.
macro_rules! faults {
    ($($kind:ident { $($scenario:ident),+ $(,)? })+) => {
        pub(crate) const SCENARIOS: &[&str] = &[$($(stringify!($scenario)),+),+];
        $($(mod $scenario { on_runtimes! { cells $kind $scenario } })+)+
    };
}

macro_rules! cells {
    ([$($runtime:ident)+] $kind:ident $scenario:ident) => {
        $(
            #[test]
            fn $runtime() {
                cell!($kind $scenario $runtime);
            }
        )+
    };
}

macro_rules! cell {
    (run $scenario:ident $runtime:ident) => {
        $crate::site::$runtime(super::$scenario)
    };
    (by_hand $scenario:ident $runtime:ident) => {
        $crate::site::$runtime(|runtime| async move { super::$scenario(runtime) })
    };
    (hosted $scenario:ident $runtime:ident) => {
        purview_tests::watched(|| super::$scenario($crate::host::Host::$runtime()))
    };
}

/// Says which classes there are; one that is not named here has a constant that is not used, which is an error.
macro_rules! grid {
    ($($class:ident),+ $(,)?) => {
        const CLASSES: &[(&str, &[&str])] = &[$((stringify!($class), $class::SCENARIOS)),+];
    };
}

macro_rules! names {
    ([$($runtime:ident)+]) => {
        &[$(stringify!($runtime)),+]
    };
}

const RUNTIMES: &[&str] = on_runtimes!(names);

/// Prints the size of the grid, for `ci/faults.sh`.
#[test]
fn it_has_at_least_sixteen_classes_on_six_runtimes() {
    let scenarios: usize = crate::CLASSES.iter().map(|(_, scenarios)| scenarios.len()).sum();
    for (class, scenarios) in crate::CLASSES {
        println!("class {class} {}", scenarios.len());
    }
    println!(
        "grid {} {} {} {}",
        crate::CLASSES.len(),
        RUNTIMES.len(),
        crate::CLASSES.len() * RUNTIMES.len(),
        scenarios * RUNTIMES.len()
    );
    assert!(crate::CLASSES.len() >= 16);
    assert_eq!(RUNTIMES.len(), 6);
}
