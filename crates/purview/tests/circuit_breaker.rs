//! `examples/circuit_breaker`: a policy written on the public trait alone.

mod example;

use example::{run, stdout};

#[test]
fn two_failures_are_tolerated_and_the_third_drops_the_rest() {
    let output = run("circuit_breaker", &[]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    let (tolerant, opened) = text.split_once("\n\n").unwrap();
    assert!(
        tolerant.ends_with("10 of 12 answered, 2 failures tolerated"),
        "{tolerant}"
    );
    assert!(!tolerant.contains("dropped"), "{tolerant}");

    let lines: Vec<&str> = opened.lines().collect();
    let down = |n| format!("call {n:>2}: the service is down");
    let dropped = |n| format!("call {n:>2}: dropped");
    assert_eq!(lines[5..8], [down(5), down(6), down(7)]);
    assert_eq!(
        lines[8..13],
        [12, 11, 10, 9, 8].map(dropped),
        "newest first, none polled again"
    );
    assert!(
        lines[13].starts_with("the breaker opened: call 5, call 6, call 7 failed"),
        "{opened}"
    );
}
