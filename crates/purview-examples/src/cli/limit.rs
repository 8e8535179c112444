use std::num::NonZeroUsize;

/// How many may run at the same time: one or more.
///
/// # Errors
///
/// Any other text; the error says what to write instead.
pub fn limit(text: &str) -> Result<NonZeroUsize, String> {
    match text.parse::<usize>().map(NonZeroUsize::new) {
        Ok(Some(limit)) => Ok(limit),
        Ok(None) => Err("with a limit of zero nothing would ever start; use 1 or more".into()),
        Err(error) => Err(format!("{error}; use a whole number, such as 64")),
    }
}
