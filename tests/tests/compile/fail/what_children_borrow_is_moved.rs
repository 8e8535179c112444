//! refused: E0505
fn main() {
    let text = String::from("borrowed");
    let scope = purview::scope(async |s| {
        s.spawn(async { text.len() });
    });
    drop(text);
    purview::block_on(scope);
}
