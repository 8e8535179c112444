use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use pin_project_lite::pin_project;

use super::wakers::member_waker;
use crate::{
    cancel::CancelReason,
    context::{Binding, Env, TaskSpan},
    engine::{
        ByNode, Member,
        pass::{self, Admitted, Turn},
    },
    error::{Failure, TaskError},
    gather::{fails::Fails, numbered::end_task, outcome::into_result},
    panic::{OneByOne, Panic},
    policy::End,
    tree::{Naming, ScopeNode, TaskId, TaskInfo, TaskNode},
};

/// How a future of a `gather!` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EndKind {
    /// It has a value.
    Succeeded,
    /// It returned an error.
    Failed,
    /// It panicked.
    Panicked,
    /// It was dropped.
    Cancelled,
}

impl EndKind {
    fn of<T, E>(end: &End<Result<T, E>>) -> Self {
        match end {
            End::Returned(Ok(_)) => Self::Succeeded,
            End::Returned(Err(_)) => Self::Failed,
            End::Panicked(_) => Self::Panicked,
            End::Cancelled(_) => Self::Cancelled,
        }
    }
}

/// How a future ended, and its task where something that it has started still runs on another thread.
pub(super) type Left = (EndKind, Option<Arc<TaskNode>>);

pin_project! {
    /// One future of a `gather!`, and how it ended.
    pub(super) struct Slot<F: Future> {
        #[pin]
        member: Member<F>,
        turn: Turn,
        waker: Option<Waker>,
        end: OneByOne<Option<End<F::Output>>>,
    }
}

impl<F: Future<Output = Result<T, E>>, T, E> Slot<F> {
    fn new(fut: F) -> Self {
        Self {
            member: Member::new(fut, Env::default()),
            turn: Turn::default(),
            waker: None,
            end: OneByOne::default(),
        }
    }

    fn start(self: Pin<&mut Self>, index: usize, node: &Arc<ScopeNode>, bindings: Option<Arc<Binding>>) {
        let this = self.project();
        let env = this.member.env_mut();
        *env = Env::child(node.clone(), TaskId::next(), index as u64, bindings);
        env.set_span(TaskSpan::of_member(env));
        *this.waker = Some(member_waker(node, index));
    }

    fn poll(self: Pin<&mut Self>) -> Poll<Left> {
        let mut this = self.project();
        let waker = this.waker.as_ref().expect("it has its waker from its start on");
        let admitted = this.turn.admit();
        debug_assert_eq!(admitted, Admitted::Yes, "none is polled where the pass is over");
        let mut cx = Context::from_waker(waker);
        let polled = this.member.as_mut().poll(&ByNode, &mut cx);
        pass::count_poll(polled.is_pending());
        polled.map(|end| left(this.member.env_mut(), end, this.end))
    }

    /// Drops its future, unless it has ended or holds.
    fn cut(self: Pin<&mut Self>, reason: &CancelReason) -> Option<Left> {
        let mut this = self.project();
        if !this.member.is_live() || this.member.env().holds() {
            return None;
        }
        let end = this.member.as_mut().cut(reason.clone());
        Some(left(this.member.env_mut(), end, this.end))
    }

    fn take_panic(self: Pin<&mut Self>) -> Option<Panic> {
        match self.project().end.take_if(|end| matches!(end, End::Panicked(_))) {
            Some(End::Panicked(panic)) => Some(panic),
            _ => None,
        }
    }

    fn take_value(self: Pin<&mut Self>) -> Option<T> {
        into_result(self.project().end.take()?).ok()
    }

    fn take_failure(self: Pin<&mut Self>, index: usize, naming: &Arc<Naming>) -> Option<Failure<E>> {
        let this = self.project();
        let error = into_result(this.end.take()?).err()?;
        let task = TaskInfo::numbered(this.member.env().id(), naming, index as u64);
        Some(Failure { task, error })
    }

    fn drop_end(self: Pin<&mut Self>) {
        drop(OneByOne::new(self.project().end.take_all()));
    }

    fn take_result(self: Pin<&mut Self>) -> Result<T, TaskError<E>> {
        into_result(self.project().end.take().expect("each of them has ended"))
    }
}

fn left<T, E>(env: &mut Env, end: End<Result<T, E>>, place: &mut Option<End<Result<T, E>>>) -> Left {
    env.note_outcome(|| Fails::of_results().outcome(&end));
    let (end, elsewhere) = end_task(env, end);
    let kind = EndKind::of(&end);
    *place = Some(end);
    (kind, elsewhere)
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

    /// Starts one of them.
    fn start(self: Pin<&mut Self>, index: usize, node: &Arc<ScopeNode>, bindings: Option<Arc<Binding>>);

    /// Polls one of them, if the pass allows it.
    fn poll(self: Pin<&mut Self>, index: usize) -> Poll<Left>;

    /// Drops one of them, unless it has ended or holds.
    fn cut(self: Pin<&mut Self>, index: usize, reason: &CancelReason) -> Option<Left>;

    /// Drops what came of all of them, which is given to no caller.
    fn drop_others(self: Pin<&mut Self>);

    /// The panic of one of them.
    fn take_panic(self: Pin<&mut Self>, index: usize) -> Option<Panic>;
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
    fn take_failure(self: Pin<&mut Self>, index: usize, naming: &Arc<Naming>) -> Option<Failure<Self::Error>>;
}

/// The tuples of any futures.
pub(super) trait Unlike: Slots {
    /// A result for each.
    type Results;

    /// The results, when all have ended.
    fn take_results(self: Pin<&mut Self>) -> Self::Results;
}

macro_rules! slots {
    ($Slots:ident: $($index:literal $f:ident $F:ident $T:ident $E:ident),+) => {
        pin_project! {
            /// Where the futures of a tuple are kept.
            pub(super) struct $Slots<$($F: Future),+> { $(#[pin] $f: Slot<$F>),+ }
        }

        impl<$($F: Future<Output = Result<$T, $E>>, $T, $E),+> Tuple for ($($F,)+) {
            type Slots = $Slots<$($F),+>;

            fn into_slots(self) -> Self::Slots {
                let ($($f,)+) = self;
                $Slots { $($f: Slot::new($f)),+ }
            }
        }

        impl<$($F: Future<Output = Result<$T, $E>>, $T, $E),+> Slots for $Slots<$($F),+> {
            const LEN: usize = [$($index),+].len();

            fn start(self: Pin<&mut Self>, index: usize, node: &Arc<ScopeNode>, bindings: Option<Arc<Binding>>) {
                let this = self.project();
                match index { $($index => this.$f.start(index, node, bindings),)+ _ => {} }
            }

            fn poll(self: Pin<&mut Self>, index: usize) -> Poll<Left> {
                let this = self.project();
                match index { $($index => this.$f.poll(),)+ _ => Poll::Pending }
            }

            fn cut(self: Pin<&mut Self>, index: usize, reason: &CancelReason) -> Option<Left> {
                let this = self.project();
                match index { $($index => this.$f.cut(reason),)+ _ => None }
            }

            fn drop_others(self: Pin<&mut Self>) {
                let this = self.project();
                $(this.$f.drop_end();)+
            }

            fn take_panic(self: Pin<&mut Self>, index: usize) -> Option<Panic> {
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

            fn take_failure(self: Pin<&mut Self>, index: usize, naming: &Arc<Naming>) -> Option<Failure<E>> {
                let this = self.project();
                match index { $($index => this.$f.take_failure(index, naming),)+ _ => None }
            }
        }

        impl<$($F: Future<Output = Result<$T, $E>>, $T, $E),+> Unlike for $Slots<$($F),+> {
            type Results = ($(Result<$T, TaskError<$E>>,)+);

            fn take_results(self: Pin<&mut Self>) -> Self::Results {
                let this = self.project();
                ($(this.$f.take_result(),)+)
            }
        }
    };
}

macro_rules! for_each_tuple {
    ($write:ident) => {
        $write!(Slots1: 0 a A T0 E0);
        $write!(Slots2: 0 a A T0 E0, 1 b B T1 E1);
        $write!(Slots3: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2);
        $write!(Slots4: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3);
        $write!(Slots5: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4);
        $write!(Slots6: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5);
        $write!(Slots7: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6);
        $write!(Slots8: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7);
        $write!(Slots9: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
        8 i K T8 E8);
        $write!(Slots10: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
        8 i K T8 E8, 9 j L T9 E9);
        $write!(Slots11: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
        8 i K T8 E8, 9 j L T9 E9, 10 k M T10 E10);
        $write!(Slots12: 0 a A T0 E0, 1 b B T1 E1, 2 c C T2 E2, 3 d D T3 E3, 4 e G T4 E4, 5 f H T5 E5, 6 g I T6 E6, 7 h J T7 E7,
        8 i K T8 E8, 9 j L T9 E9, 10 k M T10 E10, 11 l N T11 E11);
    };
}

for_each_tuple!(slots);

pub(super) use for_each_tuple;
