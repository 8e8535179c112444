use std::{marker::PhantomData, pin::Pin, rc::Rc};

use super::child::Child;
use crate::policy::Policy;

/// Whether the children of a scope are `Send`, and with them the scope: [`Threads`] or [`Local`].
///
/// Sealed: there are no others.
#[expect(private_bounds, reason = "that is what seals it")]
pub trait Kind: Sealed {}

impl<K: Sealed> Kind for K {}

/// Children are `Send`, and so is the scope.
#[derive(Debug)]
pub struct Threads(());

/// Children need not be `Send`; the scope stays on its thread.
#[derive(Debug)]
pub struct Local(());

/// A child whose type is forgotten.
pub(super) type Boxed<'env, P, K> = <K as Sealed>::Child<'env, P>;

pub(super) trait Sealed {
    type Child<'env, P: Policy>: AnyChild<P>;
    /// What makes a handle `!Send` where children are.
    type Mark;
    /// What the compiler names when a scope is sent whose children are `!Send`.
    type Stays;

    /// Every scope takes a child that is `Send`.
    fn accept<'env, P: Policy, C: Child<P> + Send + 'env>(child: Box<C>) -> Self::Child<'env, P>;
}

/// A box of either kind, looked into.
pub(super) trait AnyChild<P: Policy>: Unpin {
    fn get(&self) -> &(dyn Child<P> + '_);
    fn pinned(&mut self) -> Pin<&mut (dyn Child<P> + '_)>;
}

impl<P: Policy> AnyChild<P> for Pin<Box<dyn Child<P> + Send + '_>> {
    fn get(&self) -> &(dyn Child<P> + '_) {
        &**self
    }

    fn pinned(&mut self) -> Pin<&mut (dyn Child<P> + '_)> {
        self.as_mut()
    }
}

impl<P: Policy> AnyChild<P> for Pin<Box<dyn Child<P> + '_>> {
    fn get(&self) -> &(dyn Child<P> + '_) {
        &**self
    }

    fn pinned(&mut self) -> Pin<&mut (dyn Child<P> + '_)> {
        self.as_mut()
    }
}

/// Its name is the remedy: nothing else of ours stands in the first line of that error.
pub(super) trait LocalScopesStayOnTheirThreadUseScopeInstead {}

impl Sealed for Threads {
    type Child<'env, P: Policy> = Pin<Box<dyn Child<P> + Send + 'env>>;
    type Mark = ();
    type Stays = ();

    fn accept<'env, P: Policy, C: Child<P> + Send + 'env>(child: Box<C>) -> Self::Child<'env, P> {
        Box::into_pin(child)
    }
}

impl Sealed for Local {
    type Child<'env, P: Policy> = Pin<Box<dyn Child<P> + 'env>>;
    type Mark = Rc<()>;
    type Stays = PhantomData<dyn LocalScopesStayOnTheirThreadUseScopeInstead>;

    fn accept<'env, P: Policy, C: Child<P> + Send + 'env>(child: Box<C>) -> Self::Child<'env, P> {
        Box::into_pin(child)
    }
}
