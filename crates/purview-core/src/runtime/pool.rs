use super::Runtime;
use crate::panic::{catch, discard};

/// Gives the closure to the threads of the runtime that may block.
///
/// # Errors
///
/// Why it will not be run: the runtime has refused it, or has panicked.
pub(crate) fn give_closure(runtime: &dyn Runtime, f: impl FnOnce() + Send + 'static) -> Result<(), String> {
    match catch(|| runtime.spawn_blocking(Box::new(f))) {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(panic) => {
            let why = format!("the runtime panicked when it was given the closure: {panic}");
            discard(panic);
            Err(why)
        }
    }
}
