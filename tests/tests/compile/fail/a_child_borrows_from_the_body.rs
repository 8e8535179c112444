//! refused: E0597
// The body is dropped before its children: what lives in it is dropped before them.
fn main() {
    purview::block_on(purview::scope(async |s| {
        let inside = String::from("made in the body");
        let borrowed = &inside;
        s.spawn(async move { borrowed.len() });
    }));
}
