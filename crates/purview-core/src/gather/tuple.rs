use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::{
    member::{Common, Seat, drop_future},
    mixed::Mixed,
    mode::{Settled, TryAll},
    outcome::into_result,
    team::member_waker,
};
use crate::{
    cancel::CancelReason,
    error::{Failure, OneByOne, ScopeError, Stopped, TaskError},
    policy::End,
    scope::State,
};

/// How a member of a `gather!` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It has a value.
    Succeeded,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
    /// It was dropped.
    Cancelled,
}

impl Told {
    fn of<T, E>(end: &End<Result<T, E>>) -> Self {
        match end {
            End::Returned(Ok(_)) => Self::Succeeded,
            End::Returned(Err(_)) => Self::Failed,
            End::Panicked(_) => Self::Panicked,
            End::Cancelled(_) => Self::Cancelled,
        }
    }
}

pin_project! {
    /// One future of a `gather!`, and how it ended.
    pub(super) struct Slot<F: Future> {
        #[pin]
        fut: Option<F>,
        seat: Seat,
        waker: Option<Waker>,
        end: OneByOne<Option<End<F::Output>>>,
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Slot<F> {
    fn new(fut: F, index: usize) -> Self {
        Self {
            fut: Some(fut),
            seat: Seat::new(index),
            waker: None,
            end: OneByOne::default(),
        }
    }

    fn poll(self: Pin<&mut Self>, index: usize, common: &Common) -> Poll<Told> {
        let mut this = self.project();
        let fut = this
            .fut
            .as_mut()
            .as_pin_mut()
            .expect("one that has ended is not polled");
        let waker = this.waker.get_or_insert_with(|| member_waker(&common.state, index));
        match this.seat.poll(common, fut, &mut Context::from_waker(waker)) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(end) => {
                let end = drop_future(this.fut, end);
                let told = Told::of(&end);
                **this.end = Some(this.seat.ended(end).end);
                Poll::Ready(told)
            }
        }
    }

    fn cut(self: Pin<&mut Self>, reason: &CancelReason, hard: bool) -> Option<Told> {
        let this = self.project();
        if this.fut.is_none() || (!hard && this.seat.holds()) {
            return None;
        }
        let end = drop_future(this.fut, End::Cancelled(reason.clone()));
        let told = Told::of(&end);
        **this.end = Some(this.seat.ended(end).end);
        Some(told)
    }

    fn take_panic(self: Pin<&mut Self>) -> Option<crate::Panic> {
        match self.project().end.take_if(|end| matches!(end, End::Panicked(_))) {
            Some(End::Panicked(panic)) => Some(panic),
            _ => None,
        }
    }

    fn take_value(self: Pin<&mut Self>) -> Option<T> {
        into_result(self.project().end.take()?).ok()
    }

    fn take_failure(self: Pin<&mut Self>, state: &State) -> Option<Failure<E>> {
        let this = self.project();
        let ended = this.seat.ended(this.end.take()?);
        let task = ended.info(state);
        let error = into_result(ended.end).err()?;
        Some(Failure { task, error })
    }

    fn drop_end(self: Pin<&mut Self>) {
        drop(OneByOne::new(self.project().end.take_all()));
    }

    fn take_result(self: Pin<&mut Self>) -> Result<T, TaskError<E>> {
        into_result(self.project().end.take().expect("each of them has ended"))
    }
}

/// A tuple of futures, and where they are kept while they run.
pub(super) trait Tuple {
    /// Where each has its place.
    type Slots: Slots;

    /// Puts them there.
    fn into_slots(self) -> Self::Slots;
}

/// Several futures of different types, by their index.
pub(super) trait Slots {
    /// How many they are.
    const LEN: usize;

    /// Polls one of them.
    fn poll(self: Pin<&mut Self>, index: usize, common: &Common) -> Poll<Told>;

    /// Drops one of them, unless it has ended or holds.
    fn cut(self: Pin<&mut Self>, index: usize, reason: &CancelReason, hard: bool) -> Option<Told>;

    /// Drops what came of all of them, which nobody is given.
    fn drop_others(self: Pin<&mut Self>);

    /// The panic of one of them.
    fn take_panic(self: Pin<&mut Self>, index: usize) -> Option<crate::Panic>;
}

/// The tuples whose futures fail alike.
pub(super) trait Alike: Slots {
    /// What all of them give.
    type Values;
    /// What one of them fails with.
    type Error;

    /// All values, if all have succeeded.
    fn take_values(self: Pin<&mut Self>) -> Option<Self::Values>;

    /// How one of them failed.
    fn take_failure(self: Pin<&mut Self>, index: usize, state: &State) -> Option<Failure<Self::Error>>;
}

/// The tuples of any futures.
pub(super) trait Unlike: Slots {
    /// A result for each.
    type Results;

    /// The results, when all have ended.
    fn take_results(self: Pin<&mut Self>) -> Self::Results;
}

macro_rules! tuple {
    ($Slots:ident: $($index:literal $f:ident $F:ident $T:ident $E:ident),+) => {
        pin_project! {
            /// Where the futures of a tuple are kept.
            pub(super) struct $Slots<$($F: Future),+> { $(#[pin] $f: Slot<$F>),+ }
        }

        impl<$($F: Future<Output = Result<$T, $E>>, $T, $E),+> Tuple for ($($F,)+) {
            type Slots = $Slots<$($F),+>;

            fn into_slots(self) -> Self::Slots {
                let ($($f,)+) = self;
                $Slots { $($f: Slot::new($f, $index)),+ }
            }
        }

        impl<$($F: Future<Output = Result<$T, $E>>, $T, $E),+> Slots for $Slots<$($F),+> {
            const LEN: usize = [$($index),+].len();

            fn poll(self: Pin<&mut Self>, index: usize, common: &Common) -> Poll<Told> {
                let this = self.project();
                match index { $($index => this.$f.poll(index, common),)+ _ => Poll::Pending }
            }

            fn cut(self: Pin<&mut Self>, index: usize, reason: &CancelReason, hard: bool) -> Option<Told> {
                let this = self.project();
                match index { $($index => this.$f.cut(reason, hard),)+ _ => None }
            }

            fn drop_others(self: Pin<&mut Self>) {
                let this = self.project();
                $(this.$f.drop_end();)+
            }

            fn take_panic(self: Pin<&mut Self>, index: usize) -> Option<crate::Panic> {
                let this = self.project();
                match index { $($index => this.$f.take_panic(),)+ _ => None }
            }
        }

        impl<E, $($F: Future<Output = Result<$T, E>>, $T),+> Alike for $Slots<$($F),+> {
            type Values = ($($T,)+);
            type Error = E;

            fn take_values(self: Pin<&mut Self>) -> Option<($($T,)+)> {
                let this = self.project();
                Some(($(this.$f.take_value()?,)+))
            }

            fn take_failure(self: Pin<&mut Self>, index: usize, state: &State) -> Option<Failure<E>> {
                let this = self.project();
                match index { $($index => this.$f.take_failure(state),)+ _ => None }
            }
        }

        impl<$($F: Future<Output = Result<$T, $E>>, $T, $E),+> Unlike for $Slots<$($F),+> {
            type Results = ($(Result<$T, TaskError<$E>>,)+);

            fn take_results(self: Pin<&mut Self>) -> Self::Results {
                let this = self.project();
                ($(this.$f.take_result(),)+)
            }
        }

        // Written out for each tuple, so that its docs name what comes out.
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

tuple!(Slots1: 0 a A T0 E0);
tuple!(Slots2: 0 a A T0 E0, 1 b B T1 E1);
tuple!(Slots3: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2);
tuple!(Slots4: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3);
tuple!(Slots5: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4);
tuple!(Slots6: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5);
tuple!(Slots7: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6);
tuple!(Slots8: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7);
tuple!(Slots9: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
    8 i K T8 E8);
tuple!(Slots10: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
    8 i K T8 E8, 9 j L T9 E9);
tuple!(Slots11: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
    8 i K T8 E8, 9 j L T9 E9, 10 k M T10 E10);
tuple!(Slots12: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
    8 i K T8 E8, 9 j L T9 E9, 10 k M T10 E10, 11 l N T11 E11);
