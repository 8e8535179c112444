//! What programs may do and what the reference asks for, one by one: all of it, but for what `PURVIEW_MODEL_WITHOUT` names,
//! separated by commas. For the time in which scopes learn it.

use std::{env, sync::OnceLock};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// Children are polled in the order in which they were woken.
    Order,
    /// `Ok` of a fail-fast scope never hides work that something else stopped.
    Stopped,
    /// Finalizers have one further grace.
    Finalizers,
    /// `timeout` over a part of a script.
    Timeouts,
    /// `timeout` over `&mut`, once or in a loop.
    References,
    /// Futures are left behind by one actor and taken by another, or leave a `timeout` or `shield` that they began in.
    Moves,
    /// Waits for the tokens of scopes further out, and for children of tokens.
    Tokens,
    /// Closures keep their thread while time passes.
    Closures,
    /// Members of gathers and of open scopes hold.
    Members,
    /// Actors ask for their deadline.
    Deadlines,
}

use Feature::{Closures, Deadlines, Finalizers, Members, Moves, Order, References, Stopped, Timeouts, Tokens};

const ALL: [Feature; 10] = [
    Order, Stopped, Finalizers, Timeouts, References, Moves, Tokens, Closures, Members, Deadlines,
];

/// Whether this is on.
pub(crate) fn on(feature: Feature) -> bool {
    static OFF: OnceLock<Vec<Feature>> = OnceLock::new();
    !OFF.get_or_init(off).contains(&feature)
}

fn off() -> Vec<Feature> {
    let named = env::var("PURVIEW_MODEL_WITHOUT").unwrap_or_default();
    let named = named.split(',').map(str::trim).filter(|name| !name.is_empty());
    let feature = |name: &str| {
        let mut known = ALL.into_iter();
        known
            .find(|feature| format!("{feature:?}").eq_ignore_ascii_case(name))
            .unwrap_or_else(|| panic!("PURVIEW_MODEL_WITHOUT names {name}, which is none of {ALL:?}"))
    };
    if named.clone().eq(["all"]) {
        ALL.to_vec()
    } else {
        named.map(feature).collect()
    }
}
