use std::time::Duration;

/// A duration with its unit, longer than zero: `2s`, `500ms`, `1m 30s`.
///
/// # Errors
///
/// Any other text; the error says what to write instead.
pub fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than zero, such as 500ms or 2s".into()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write a number and its unit, such as 500ms or 2s")),
    }
}
