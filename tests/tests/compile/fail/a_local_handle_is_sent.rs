//! refused: E0277
fn main() {
    purview::block_on(purview::local_scope(async |s| {
        let handle = s.clone();
        std::thread::spawn(move || handle.cancel()).join().unwrap();
    }));
}
