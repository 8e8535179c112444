/// A value whose destructor panics with the given message, unless its thread is unwinding already.
#[derive(Debug)]
#[must_use = "it panics when dropped"]
pub struct PanicsOnDrop(pub &'static str);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(self.0);
        }
    }
}

/// A value whose destructor calls a function.
#[must_use = "it calls its function when dropped"]
pub struct CallsOnDrop<F: FnMut()>(pub F);

impl<F: FnMut()> Drop for CallsOnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl<F: FnMut()> std::fmt::Debug for CallsOnDrop<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallsOnDrop").finish_non_exhaustive()
    }
}
