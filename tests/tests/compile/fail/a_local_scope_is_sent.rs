//! refused: E0277
fn sent<T: Send>(_: T) {}

fn main() {
    sent(purview::local_scope(async |s| {
        s.spawn(async {});
    }));
}
