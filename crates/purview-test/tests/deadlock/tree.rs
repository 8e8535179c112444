//! The tree in a report.

use std::time::Duration;

use purview_core::fail_fast;
use purview_test::VirtualRuntime;

/// What is said of the scopes of `program`, without the numbers of tasks, which differ from run to run.
pub(crate) fn tree<T>(program: impl Future<Output = T>) -> Vec<String> {
    let stalled = {
        let runtime = VirtualRuntime::new().patience(Duration::ZERO);
        let scope = fail_fast::<()>().name("test").runtime(runtime.clone());
        let run = scope.run_local(|_| async {
            program.await;
            Ok(())
        });
        runtime.try_block_on(run).expect_err("the program cannot go on")
    };
    let text = stalled.to_string();
    assert!(text.starts_with("deadlock"), "{text}");
    scopes_in(&text)
}

pub(crate) fn scopes_in(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("scopes, ")).skip(1);
    let lines = lines.take_while(|line| line.starts_with("  "));
    lines.map(|line| without_numbers(&line[2..])).collect()
}

fn without_numbers(line: &str) -> String {
    let mut parts = line.split(" (task ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out += part.split_once(')').expect("the number ends").1;
    }
    out
}

#[track_caller]
pub(crate) fn assert_tree(seen: &[String], expected: &[&str]) {
    assert_eq!(seen, expected, "\n{}", seen.join("\n"));
}
