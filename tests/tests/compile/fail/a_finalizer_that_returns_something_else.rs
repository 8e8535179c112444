//! refused: E0277
//! says: a finalizer cannot return `u32`
//! says: a finalizer returns `()`, or `Result<(), E>` where `E` is the error type of its scope
//! says: `s.defer(async { let _ = fut.await; })` drops what `fut` returns
fn main() {
    purview::block_on(purview::scope(async |s| s.defer(async { 5_u32 })));
}
