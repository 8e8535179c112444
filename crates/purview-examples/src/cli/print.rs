use std::io::{self, BufWriter, StdoutLock, Write};

/// Writes the report of a program to stdout.
///
/// # Errors
///
/// A full disk or the like. Without a reader (`| head`) the rest of the report is lost: the reader has seen enough.
pub fn print(report: impl FnOnce(&mut BufWriter<StdoutLock<'static>>) -> io::Result<()>) -> Result<(), String> {
    let mut out = BufWriter::new(io::stdout().lock());
    match report(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("cannot write the report: {error}")),
        _ => Ok(()),
    }
}
