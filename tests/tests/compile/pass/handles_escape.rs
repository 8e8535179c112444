//! A handle may leave the body, when nothing is borrowed; what is done with it after the end is defined.
fn main() {
    let mut kept = None;
    purview::block_on(purview::scope(async |s| kept = Some(s.clone())));
    let handle = kept.expect("the body has run");
    assert!(handle.try_spawn(async {}).is_err());
    let other_thread = std::thread::spawn(move || handle.is_empty());
    assert!(other_thread.join().unwrap());
}
