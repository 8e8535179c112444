//! refused: E0499
fn main() {
    let mut list = Vec::new();
    let list = &mut list;
    purview::block_on(purview::scope(async |s| {
        s.spawn(async { list.push(1) });
        s.spawn(async { list.push(2) });
    }));
}
