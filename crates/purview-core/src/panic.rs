//! Panics of code that is not ours: caught where they happen, and resumed where they are expected.

use std::{
    any::Any,
    cell::Cell,
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{Mutex, PoisonError},
};

/// The payload of a panic, caught where it happened and kept until it is resumed.
///
/// It is `Sync`, so that errors that hold one go through `?` into `anyhow` or `Box<dyn Error + Send + Sync>`.
/// Dropping it drops the payload; the panic is then swallowed, as with [`std::thread::JoinHandle::join`].
///
/// # Examples
///
/// ```
/// # use purview_core as purview;
/// use purview::{TaskError, settled};
///
/// let out = purview::block_on(settled::<()>().run(async |s| {
///     let child = s.spawn(async { if true { panic!("out of cheese") } Ok(()) });
///     Ok(match child.await {
///         Err(TaskError::Panicked(panic)) => panic.message().map(str::to_owned),
///         _ => None,
///     })
/// }));
/// assert_eq!(out.unwrap().value.as_deref(), Some("out of cheese"));
/// ```
pub struct Panic(Box<Caught>);

/// Boxed, because nearly every end that could be a panic is none.
struct Caught {
    /// A copy of the text, because a `&str` into the payload cannot leave the lock.
    message: Option<Box<str>>,
    payload: Mutex<Box<dyn Any + Send>>,
}

impl Panic {
    pub(crate) fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = payload
            .downcast_ref::<&'static str>()
            .map(|text| Box::from(*text))
            .or_else(|| payload.downcast_ref::<String>().map(|text| Box::from(text.as_str())));
        Self(Box::new(Caught {
            message,
            payload: Mutex::new(payload),
        }))
    }

    /// Whether the payload is one of ours of this type.
    pub(crate) fn is<T: Any>(&self) -> bool {
        self.0.payload.lock().unwrap_or_else(PoisonError::into_inner).is::<T>()
    }

    /// The text the panic was raised with; `None` where the payload is neither `&'static str` nor `String`.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{TaskError, gather};
    ///
    /// let results = purview::block_on(gather([async { if true { panic!("out of cheese") } Ok::<(), ()>(()) }]).settled());
    /// let Err(TaskError::Panicked(panic)) = &results[0] else { unreachable!() };
    /// assert_eq!(panic.message(), Some("out of cheese"));
    /// ```
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The payload, as [`std::panic::catch_unwind`] gives it.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{TaskError, gather};
    /// use std::panic::panic_any;
    ///
    /// let mut results = purview::block_on(gather([async { if true { panic_any(7_u8) } Ok::<(), ()>(()) }]).settled());
    /// let Some(Err(TaskError::Panicked(panic))) = results.pop() else { unreachable!() };
    /// assert_eq!(*panic.into_payload().downcast::<u8>().unwrap(), 7);
    /// ```
    pub fn into_payload(self) -> Box<dyn Any + Send> {
        self.0.payload.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// Resumes the panic in the calling thread, without calling the panic hook again.
    ///
    /// # Panics
    ///
    /// Always: that is what it is for.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::{TaskError, gather};
    ///
    /// let mut results = purview::block_on(gather([async { if true { panic!("out of cheese") } Ok::<(), ()>(()) }]).settled());
    /// let Some(Err(TaskError::Panicked(panic))) = results.pop() else { unreachable!() };
    /// let again = std::panic::catch_unwind(|| panic.resume());
    /// assert_eq!(again.unwrap_err().downcast_ref::<&str>(), Some(&"out of cheese"));
    /// ```
    pub fn resume(self) -> ! {
        resume_unwind(self.into_payload())
    }
}

impl fmt::Debug for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panic")
            .field("message", &self.message())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message().unwrap_or("a panic whose payload is not text"))
    }
}

thread_local! {
    /// How many [`Expected`] there are.
    static EXPECTING: Cell<usize> = const { Cell::new(0) };
}

/// Runs code of the user's that may panic, and keeps the panic.
pub(crate) fn catch<T>(f: impl FnOnce() -> T) -> Result<T, Panic> {
    let _expected = expect_panics();
    catch_expected(f)
}

/// As [`catch`], inside a poll of ours, in which panics are expected already.
pub(crate) fn catch_expected<T>(f: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(f)).map_err(Panic::new)
}

/// While it exists, a panic on this thread reaches a place that reports it.
#[must_use]
pub(crate) struct Expected {
    /// It belongs to this thread.
    here: PhantomData<*const ()>,
}

/// For polls: every executor survives a panic there.
pub(crate) fn expect_panics() -> Expected {
    // A thread that is being torn down has no thread-locals any more.
    let _ = EXPECTING.try_with(|expecting| expecting.set(expecting.get() + 1));
    Expected { here: PhantomData }
}

impl Drop for Expected {
    fn drop(&mut self) {
        let _ = EXPECTING.try_with(|expecting| expecting.set(expecting.get() - 1));
    }
}

/// Whether a panic would reach a place that reports it: inside a poll, or inside a scope.
pub(crate) fn is_expected() -> bool {
    !std::thread::panicking() && EXPECTING.try_with(Cell::get).is_ok_and(|expecting| expecting > 0)
}

/// Drops a value of the user's whose destructor may panic, where the panic could not be reported.
pub(crate) fn discard<T>(value: T) {
    if let Err(panic) = catch(|| drop(value)) {
        forget_payload(panic);
    }
}

/// Runs code of the user's that a destructor may have called: a second panic while the thread is unwinding would abort
/// the process, so it is swallowed.
pub(crate) fn no_second_panic(f: impl FnOnce()) {
    if std::thread::panicking() {
        discard(catch(f));
    } else {
        f();
    }
}

/// Leaks a payload whose own destructor panics; drops any other.
fn forget_payload(panic: Panic) {
    if let Err(again) = catch(|| drop(panic)) {
        std::mem::forget(again);
    }
}

/// Keeps the first of several panics and drops the others safely.
#[derive(Debug, Default)]
pub(crate) struct FirstPanic(Option<Panic>);

impl FirstPanic {
    pub(crate) fn keep(&mut self, panic: Panic) {
        if self.0.is_none() {
            self.0 = Some(panic);
        } else {
            forget_payload(panic);
        }
    }

    pub(crate) fn run(&mut self, f: impl FnOnce()) {
        if let Err(panic) = catch(f) {
            self.keep(panic);
        }
    }

    pub(crate) fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Resumes the panic, if there was one.
    #[inline]
    pub(crate) fn resume(&mut self) {
        if let Some(panic) = self.0.take() {
            panic.resume();
        }
    }

    /// As [`resume`](Self::resume), from a destructor: a second panic while unwinding would abort the process.
    pub(crate) fn resume_unless_unwinding(&mut self) {
        let Some(panic) = self.0.take() else { return };
        if std::thread::panicking() {
            forget_payload(panic);
        } else {
            panic.resume();
        }
    }

    /// Resumes the panic out of a destructor, where one is expected.
    ///
    /// Elsewhere it is swallowed, after its message was printed: some executors end the process when a future panics as
    /// it is dropped.
    pub(crate) fn resume_if_expected(&mut self) {
        let Some(panic) = self.0.take() else { return };
        if is_expected() {
            panic.resume();
        } else {
            forget_payload(panic);
        }
    }
}

impl Drop for FirstPanic {
    fn drop(&mut self) {
        if self.0.is_some() {
            no_second_panic(|| drop(self.0.take()));
        }
    }
}

/// Values of the user's that are dropped each by itself: two destructors that panic must not meet, or the process is
/// aborted. The first panic is resumed when all have been dropped, where one is expected.
#[derive(Debug, Default)]
pub(crate) struct OneByOne<C: IntoIterator + Default>(C);

impl<C: IntoIterator + Default> OneByOne<C> {
    pub(crate) fn new(values: C) -> Self {
        Self(values)
    }

    /// All of them; the caller drops them.
    pub(crate) fn take_all(&mut self) -> C {
        std::mem::take(&mut self.0)
    }
}

impl<C: IntoIterator + Default> Deref for OneByOne<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

impl<C: IntoIterator + Default> DerefMut for OneByOne<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.0
    }
}

impl<C: IntoIterator + Default> Drop for OneByOne<C> {
    fn drop(&mut self) {
        if !std::mem::needs_drop::<C::Item>() {
            return;
        }
        let mut values = self.take_all().into_iter();
        let Some(first) = values.next() else { return };
        let mut panicked = FirstPanic::default();
        for value in std::iter::once(first).chain(values) {
            panicked.run(|| drop(value));
        }
        panicked.resume_if_expected();
    }
}
