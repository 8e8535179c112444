//! Which threads a facade's `block_on` may block.

use std::{sync::mpsc, thread};

use purview_core::Spawner;
use purview_smol::Smol;

#[test]
fn a_thread_of_the_global_executor_must_not_be_blocked() {
    assert!(smol::block_on(smol::spawn(async { Smol::drives_this_thread() })));
}

#[test]
fn any_other_thread_may_be_blocked() {
    assert!(!Smol::drives_this_thread());
    let (tx, rx) = mpsc::channel();
    Smol.spawn_blocking(Box::new(move || {
        tx.send(Smol::drives_this_thread()).unwrap();
    }))
    .unwrap();
    assert!(!rx.recv().unwrap());
    for name in ["smol-", "smol-io", "not-smol-1"] {
        let named = thread::Builder::new().name(name.to_owned());
        let drives = named.spawn(Smol::drives_this_thread).unwrap();
        assert!(!drives.join().unwrap(), "{name}");
    }
}
