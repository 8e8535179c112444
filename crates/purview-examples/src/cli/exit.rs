use std::process::ExitCode;

/// The exit code of a program: 0 where all went well, 1 where something did not, and 2, with the error on standard error,
/// where the program could not do its work.
pub fn exit(ended: Result<bool, String>) -> ExitCode {
    match ended {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            super::warn(format_args!("error: {error}"));
            ExitCode::from(2)
        }
    }
}
