//! refused: E0373
// As above, without `move`: the compiler suggests moving it in, which is right.
fn main() {
    purview::block_on(purview::scope(async |s| {
        let inside = String::from("made in the body");
        s.spawn(async { inside.len() });
    }));
}
