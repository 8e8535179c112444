//! refused: E0308
// `scope` gives a `Result` like any other value: it is not unwrapped, and no task is cancelled.
fn main() {
    purview::block_on(purview::scope(async |s| {
        let task = s.spawn(async { Err::<u8, _>("no") });
        let number: u8 = task.await;
        number
    }));
}
