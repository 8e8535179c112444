use std::{
    any::Any,
    fmt,
    marker::PhantomData,
    mem::{self, needs_drop},
    panic::{RefUnwindSafe, UnwindSafe},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use super::{
    binding::{Binding, without},
    current::{bindings, enter_bindings},
};
use crate::panic::{FirstPanic, catch_expected, discard};

/// A value that follows a task and everything spawned in it, on whatever thread; made by
/// [`context_key!`](crate::context_key).
///
/// A child sees what was bound where it was spawned, as in Python's `contextvars`; parallel children too. A binding
/// ends with the future it was made for, as Java's `ScopedValue`.
pub struct ContextKey<T: 'static> {
    /// Given at first use: distinct keys of no size could share an address.
    id: AtomicUsize,
    value: PhantomData<fn() -> T>,
}

/// Declares keys for values that follow tasks.
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// purview::context_key! {
///     /// The request that is being served.
///     pub static REQUEST_ID: String;
/// }
///
/// purview::block_on(async {
///     assert_eq!(REQUEST_ID.get(), None);
///     let seen = REQUEST_ID.scope("r-17".to_owned(), purview::scope(async |s| {
///         s.spawn(async { REQUEST_ID.get() }).await
///     }));
///     assert_eq!(seen.await.as_deref(), Some("r-17"));
/// });
/// ```
#[macro_export]
macro_rules! context_key {
    ($($(#[$meta:meta])* $vis:vis static $name:ident: $ty:ty);+ $(;)?) => {
        $($(#[$meta])* $vis static $name: $crate::ContextKey<$ty> = $crate::ContextKey::new();)+
    };
}

impl<T: Send + Sync + 'static> ContextKey<T> {
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self {
            id: AtomicUsize::new(0),
            value: PhantomData,
        }
    }

    /// Runs `fut` with the key bound to `value`, which hides an outer binding until `fut` ends.
    ///
    /// The value is there also where the destructors in `fut` run as it is dropped, as in tokio's task-locals.
    ///
    /// # Cancel safety
    ///
    /// As cancel-safe as `fut`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::context_key! { static USER: &'static str; }
    ///
    /// let inner = USER.scope("ann", async { (USER.get(), USER.scope("bob", async { USER.get() }).await) });
    /// assert_eq!(purview::block_on(inner), (Some("ann"), Some("bob")));
    /// ```
    pub fn scope<F: Future>(&'static self, value: T, fut: F) -> WithContext<F> {
        WithContext {
            fut: Some(fut),
            binding: Unbound::New(self.id(), Arc::new(value)),
        }
    }

    /// A clone of the value that is bound here; `None` where none is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::context_key! { static DEPTH: u32; }
    ///
    /// assert_eq!(DEPTH.get(), None);
    /// assert_eq!(purview::block_on(DEPTH.scope(1, async { DEPTH.get() })), Some(1));
    /// ```
    pub fn get(&'static self) -> Option<T>
    where
        T: Clone,
    {
        self.with(|value: Option<&T>| value.cloned())
    }

    /// Calls `f` with the value that is bound here; with `None` where none is.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// purview::context_key! { static USER: String; }
    ///
    /// let length = USER.scope("ann".to_owned(), async { USER.with(|user| user.map_or(0, String::len)) });
    /// assert_eq!(purview::block_on(length), 3);
    /// ```
    pub fn with<R>(&'static self, f: impl FnOnce(Option<&T>) -> R) -> R {
        let id = self.id();
        let mut binding = bindings();
        let value = loop {
            match binding {
                None => break None,
                Some(found) if found.key == id => break Some(found.value.clone()),
                Some(other) => binding = other.outer.as_ref().map(Arc::clone),
            }
        };
        f(value.as_deref().and_then(|value| value.downcast_ref()))
    }

    fn id(&self) -> usize {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        match self.id.load(Ordering::Relaxed) {
            0 => {
                let new = LAST.fetch_add(1, Ordering::Relaxed) + 1;
                // The first use names it.
                self.id
                    .compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed)
                    .map_or_else(|id| id, |_| new)
            }
            id => id,
        }
    }
}

impl<T> fmt::Debug for ContextKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextKey")
            .field("type", &std::any::type_name::<T>())
            .finish_non_exhaustive()
    }
}

enum Unbound {
    New(usize, Arc<dyn Any + Send + Sync>),
    Bound(Arc<Binding>),
    /// What it was for is being dropped.
    Over,
}

impl Unbound {
    /// Binds the value inside of what is bound here, if that was not done.
    fn bind(&mut self) -> Option<Arc<Binding>> {
        if let Self::New(key, value) = self {
            *self = Self::Bound(Arc::new(Binding {
                key: *key,
                value: value.clone(),
                outer: without(bindings(), *key),
            }));
        }
        match self {
            Self::Bound(binding) => Some(binding.clone()),
            _ => None,
        }
    }
}

pin_project! {
    /// The future of [`ContextKey::scope`].
    #[must_use = "futures do nothing until awaited"]
    pub struct WithContext<F> {
        // Taken out only by the drop.
        #[pin]
        fut: Option<F>,
        binding: Unbound,
    }

    impl<F> PinnedDrop for WithContext<F> {
        fn drop(this: Pin<&mut Self>) {
            if !needs_drop::<F>() {
                return;
            }
            let mut this = this.project();
            let bound = enter_bindings(this.binding.bind());
            let dropped = catch_expected(|| this.fut.set(None));
            drop(bound);
            if let Err(panic) = dropped {
                // The value must not panic beside it.
                discard(mem::replace(this.binding, Unbound::Over));
                let mut panicked = FirstPanic::default();
                panicked.keep(panic);
                panicked.resume_unless_unwinding();
            }
        }
    }
}

// A panic ends the future, and with it the binding.
impl<F: UnwindSafe> UnwindSafe for WithContext<F> {}
impl<F: RefUnwindSafe> RefUnwindSafe for WithContext<F> {}

impl<F: Future> Future for WithContext<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = enter_bindings(this.binding.bind());
        let fut = this.fut.as_pin_mut().expect("it is dropped before this is");
        fut.poll(cx)
    }
}

impl<F> fmt::Debug for WithContext<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WithContext").finish_non_exhaustive()
    }
}
