use std::{any::Any, panic::panic_any};

use crate::live::{Alive, Live};

/// Panics when dropped, while its thread is unwinding too: dropping two without care aborts the process.
#[derive(Debug)]
#[must_use = "it panics when dropped"]
pub(crate) struct Bomb {
    message: &'static str,
    _alive: Alive,
}

impl Bomb {
    pub(crate) fn new(message: &'static str, live: &Live) -> Self {
        Self {
            message,
            _alive: live.value(),
        }
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        panic_any(self.message);
    }
}

/// A future that owns a bomb and never ends.
pub(crate) async fn pending_with(bomb: Bomb) -> Result<(), &'static str> {
    let _bomb = bomb;
    std::future::pending().await
}

/// Panics with a payload whose destructor panics.
pub(crate) fn panic_with(bomb: Bomb) -> ! {
    panic_any(bomb)
}

/// Drops the payload of a panic, which is a bomb; gives its message.
#[track_caller]
pub(crate) fn defuse(payload: Box<dyn Any + Send>) -> &'static str {
    let bomb = payload.downcast::<Bomb>().expect("a bomb was thrown");
    defused(*bomb)
}

/// Drops a bomb, and gives its message.
#[track_caller]
pub(crate) fn defused(bomb: Bomb) -> &'static str {
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(bomb)));
    let payload = panicked.expect_err("a bomb panics");
    payload.downcast_ref::<&'static str>().expect("its message")
}
