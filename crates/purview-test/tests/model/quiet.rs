//! Programs panic on purpose; their messages would bury those of the test.

use std::{cell::Cell, panic, sync::Once};

thread_local! {
    static HUSHED: Cell<bool> = const { Cell::new(false) };
}

/// From now on, panics of this thread print nothing.
pub(crate) fn hush() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !HUSHED.try_with(Cell::get).unwrap_or(false) {
                print(info);
            }
        }));
    });
    HUSHED.set(true);
}

/// Undoes [`hush`].
pub(crate) fn speak() {
    HUSHED.set(false);
}
