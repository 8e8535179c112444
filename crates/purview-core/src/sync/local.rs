use std::cell::Cell;

/// [`std::thread_local!`] as loom sees it: each thread of a model has its own.
macro_rules! loom_thread_local {
    ($(#[$meta:meta])* static $name:ident: $ty:ty = const { $init:expr };) => {
        loom::thread_local! {
            $(#[$meta])*
            static $name: $ty = $init;
        }
    };
    ($(#[$meta:meta])* static $name:ident: $ty:ty = $init:expr;) => {
        loom::thread_local! {
            $(#[$meta])*
            static $name: $ty = $init;
        }
    };
}

pub(crate) use loom_thread_local as thread_local;

/// What a [`std::thread::LocalKey`] of a cell can do, and loom's cannot.
pub(crate) trait LocalCell<T> {
    fn get(&'static self) -> T
    where
        T: Copy;

    fn set(&'static self, value: T);
}

impl<T> LocalCell<T> for loom::thread::LocalKey<Cell<T>> {
    fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }
}
