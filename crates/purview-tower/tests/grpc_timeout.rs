//! What is written can be read, no hop gains time, and what is malformed is refused.
#![forbid(unsafe_code)]

use std::time::Duration;

use proptest::prelude::*;
use purview_tower::grpc_timeout::{format, parse};

fn any_duration() -> impl Strategy<Value = Duration> {
    // Of every magnitude, and not only of the largest.
    (any::<u64>(), 0..64_u32, 0..1_000_000_000_u32).prop_map(|(secs, shift, nanos)| Duration::new(secs >> shift, nanos))
}

proptest! {
    #[test]
    fn no_hop_gains_time(timeout in any_duration(), hops in 1..10) {
        let mut left = timeout;
        for _ in 0..hops {
            let read = parse(&format(left)).expect("what is written can be read");
            prop_assert!(read <= left);
            left = read;
        }
    }

    #[test]
    fn little_is_lost(timeout in any_duration()) {
        let most = Duration::from_secs(99_999_999 * 3_600);
        let read = parse(&format(timeout)).unwrap();
        if timeout <= most {
            // Of a unit that has come to eight digits at most one is lost, and of the next one a sixtieth of that.
            let lost = timeout.saturating_sub(read);
            prop_assert!(lost.as_nanos() * 1_000_000 / 60 <= timeout.as_nanos(), "{lost:?} of {timeout:?}");
        } else {
            prop_assert_eq!(read, most);
        }
    }

    #[test]
    fn what_is_written_follows_the_grammar(timeout in any_duration()) {
        let text = format(timeout);
        let (digits, unit) = text.split_at(text.len() - 1);
        prop_assert!((1..=8).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", text);
        prop_assert!("HMSmun".contains(unit), "{}", text);
    }

    #[test]
    fn what_follows_the_grammar_is_read(number in 0..100_000_000_u64, unit in 0..6_usize, width in 1..=8_usize) {
        let text = format!("{number:0width$}{}", ["H", "M", "S", "m", "u", "n"][unit]);
        let expected = match unit {
            0 => Duration::from_secs(number * 3_600),
            1 => Duration::from_secs(number * 60),
            2 => Duration::from_secs(number),
            3 => Duration::from_millis(number),
            4 => Duration::from_micros(number),
            _ => Duration::from_nanos(number),
        };
        prop_assert_eq!(parse(&text), Ok(expected));
    }

    #[test]
    fn what_does_not_is_refused(text in ".{0,12}") {
        let mut chars = text.chars();
        let unit = chars.next_back();
        let digits = chars.as_str();
        let follows = unit.is_some_and(|unit| "HMSmun".contains(unit))
            && (1..=8).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        prop_assert_eq!(parse(&text).is_ok(), follows, "{:?}", text);
    }
}

#[test]
fn the_limits_are_those_of_the_protocol() {
    for text in [
        "",
        "1",
        "m",
        "-1m",
        "+1m",
        " 1m",
        "1m ",
        "1 m",
        "1.5S",
        "1h",
        "1s",
        "123456789m",
        "0x1m",
        "1mm",
        "١m",
    ] {
        assert!(parse(text).is_err(), "{text:?}");
    }
    assert_eq!(parse("0n"), Ok(Duration::ZERO));
    assert_eq!(parse("99999999H"), Ok(Duration::from_secs(359_999_996_400)));
    assert_eq!(format(Duration::ZERO), "0n");
    assert_eq!(format(Duration::from_nanos(99_999_999)), "99999999n");
    assert_eq!(format(Duration::from_millis(100)), "100000u");
    assert_eq!(format(Duration::from_nanos(100_000_999)), "100000u");
}
