//! refused: E0597
fn main() {
    let local = String::from("on this stack");
    purview::block_on(purview::scope(async |s| {
        s.spawn_blocking(|_| local.len());
    }));
}
