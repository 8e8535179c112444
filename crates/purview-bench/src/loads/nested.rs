#![cfg(feature = "peers")]

use std::{future::Future, pin::Pin};

use super::group::{Case, Group};
use crate::{Peer, child, peers};

/// How many levels there are.
const DEPTH: usize = 16;

type Level = Pin<Box<dyn Future<Output = usize> + Send>>;

/// A set in a set, and so on; at the bottom a child that yields eight times.
trait Nest: Peer {
    fn level(depth: usize) -> Level;
}

macro_rules! nest {
    ($($peer:ident),+) => {
        $(impl Nest for peers::$peer {
            fn level(depth: usize) -> Level {
                if depth == 0 {
                    return Box::pin(child::yields(8, 1));
                }
                Box::pin(Self::all(1, move |_| Self::level(depth - 1)))
            }
        })+
    };
}

nest!(Scope, ScopeOnTokio, Gather, Set, JoinAll, Moro, JoinSet);

fn nested<P: Nest>(n: usize) {
    assert_eq!(P::block_on(P::all(n, |_| P::level(DEPTH - 1))), n);
}

fn case<P: Nest>() -> Case {
    Case {
        peer: P::NAME,
        run: nested::<P>,
    }
}

pub(super) fn group() -> Group {
    Group {
        name: "nested",
        what: "Sets in sets, sixteen deep, with one child in each that yields eight times at the bottom.",
        per: "level",
        units: |n| DEPTH * n,
        sizes: &[1, 10, 100, 1_000],
        base: "FuturesUnordered",
        cases: vec![
            case::<peers::Scope>(),
            case::<peers::Gather>(),
            case::<peers::Set>(),
            case::<peers::JoinAll>(),
            case::<peers::Moro>(),
            case::<peers::ScopeOnTokio>(),
            case::<peers::JoinSet>(),
        ],
    }
}
