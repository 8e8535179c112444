use super::CancelToken;

impl CancelToken {
    /// A guard that cancels the token when it is dropped: on every way out of a function, a panic included.
    ///
    /// The guard owns this handle; clones are the same token. As the `DropGuard` of tokio-util.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// use purview::CancelToken;
    ///
    /// let request = CancelToken::new();
    /// let guard = request.clone().drop_guard();
    /// assert!(!request.is_cancelled());
    /// drop(guard);
    /// assert!(request.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: Some(self) }
    }
}

/// Cancels its token when it is dropped: from [`CancelToken::drop_guard`].
#[must_use = "dropping the guard cancels the token: bind it to a name, and not to `_`"]
#[derive(Debug)]
pub struct DropGuard {
    /// Until it is disarmed.
    token: Option<CancelToken>,
}

impl DropGuard {
    /// Gives the token back, which is then not cancelled.
    ///
    /// # Examples
    ///
    /// ```
    /// # use purview_core as purview;
    /// let token = purview::CancelToken::new().drop_guard().disarm();
    /// assert!(!token.is_cancelled());
    /// ```
    pub fn disarm(mut self) -> CancelToken {
        self.token
            .take()
            .expect("a guard is disarmed once, for it is taken by value")
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if let Some(token) = &self.token {
            token.cancel();
        }
    }
}
