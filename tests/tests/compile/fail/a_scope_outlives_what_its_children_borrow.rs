//! refused: E0597
// The future of a scope cannot leave the function whose locals its children borrow.
fn escapes() -> impl Future<Output = usize> {
    let text = String::from("a local");
    purview::scope(async |s| s.spawn(async { text.len() }).await)
}

fn main() {
    purview::block_on(escapes());
}
