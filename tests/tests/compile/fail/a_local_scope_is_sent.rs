//! refused: E0277
//! says: LocalScopesStayOnTheirThreadUseScopeInstead
fn sent<T: Send>(_: T) {}

fn main() {
    sent(purview::local_scope(async |s| {
        s.spawn(async {});
    }));
}
