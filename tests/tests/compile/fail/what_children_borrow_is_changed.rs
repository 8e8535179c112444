//! refused: E0506
fn main() {
    let mut counter = 0;
    let scope = purview::scope(async |s| {
        s.spawn(async { counter + 1 });
    });
    counter = 7;
    purview::block_on(scope);
    drop(counter);
}
