//! A gather takes the memory of its futures once: what they came in is freed when the last of them has been started.

use std::future::pending;

use purview::gather;
use purview_tests::by_hand;

use crate::meter::Meter;

const FUTURES: usize = 1_000;
const SIZE: usize = 8 * 1024;

#[test]
fn when_all_have_been_started() {
    let meter = Meter::take_turn();
    let before = meter.bytes();
    let mut all = by_hand(gather((0..FUTURES).map(|_| {
        let ballast = [1_u8; SIZE];
        async move {
            pending::<()>().await;
            Ok::<_, ()>(ballast.len())
        }
    })));
    assert!(all.poll_until_idle().is_pending());
    let taken = meter.bytes() - before;
    assert!(
        (FUTURES * SIZE..FUTURES * SIZE * 3 / 2).contains(&taken),
        "{taken} bytes for {FUTURES} futures of {SIZE}"
    );
}
