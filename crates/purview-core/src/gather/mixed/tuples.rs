//! The futures that `gather!` gives: written out for each tuple, so that its docs name what comes out.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use super::{Mixed, slots::for_each_tuple};
use crate::{
    error::{ScopeError, Stopped, TaskError},
    gather::mode::{Settled, TryAll},
};

macro_rules! futures {
    ($Slots:ident: $($index:literal $f:ident $F:ident $T:ident $E:ident),+) => {
        impl<E, $($F: Future<Output = Result<$T, E>>, $T),+> Future for Mixed<($($F,)+)> {
            type Output = Result<($($T,)+), ScopeError<E>>;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.poll_alike(cx)
            }
        }

        impl<E: From<Stopped>, $($F: Future<Output = Result<$T, E>>, $T),+> Future for Mixed<($($F,)+), TryAll> {
            type Output = Result<($($T,)+), E>;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.poll_alike(cx).map(|all| all.map_err(ScopeError::into_error))
            }
        }

        impl<$($F: Future<Output = Result<$T, $E>>, $T, $E),+> Future for Mixed<($($F,)+), Settled> {
            type Output = ($(Result<$T, TaskError<$E>>,)+);

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                self.poll_unlike(cx)
            }
        }
    };
}

for_each_tuple!(futures);
