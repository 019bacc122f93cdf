//! A program, from its main function to its exit code.

use std::error::Error;
use std::future::Future;
use std::io::{self, Write};
use std::process::ExitCode;

use synodic_loop::{BuildError, EventLoop, ExitCause, ExitStatus, Handle, Origin, Outcome, Reason};

pub use synodic_loop::Builder;

/// The exit code when no runtime can be made.
const CODE_NO_RUNTIME: u8 = 1;

/// Runs a program from its async main function to its end, and returns its exit code.
///
/// The program ends when `main` is done and nothing keeps the loop alive. An exception that nothing
/// caught, an `Err` of `main` among them, is reported on the standard error.
///
/// # Node
///
/// `node main.mjs`, with Node's exit codes: 1 after an uncaught exception, 13 when nothing is left
/// that could wake `main`.
///
/// # Examples
///
/// ```
/// use std::process::ExitCode;
///
/// let code = synodic::run(async {
///     synodic::timers::set_immediate(|| println!("still alive"));
/// });
/// assert_eq!(code, ExitCode::SUCCESS);
/// ```
pub fn run<F>(main: F) -> ExitCode
where
    F: Future + 'static,
    F::Output: Outcome,
{
    match Runtime::new() {
        Ok(mut runtime) => exit_code(&runtime.run(main)),
        Err(error) => {
            write_report(&chain("cannot start: ", &error));
            ExitCode::from(CODE_NO_RUNTIME)
        }
    }
}

/// An event loop with the conduct of a process.
///
/// # Examples
///
/// ```
/// use synodic::Runtime;
/// use synodic::event_loop::DriverChoice;
///
/// let builder = Runtime::builder().driver(DriverChoice::Epoll);
/// let status = Runtime::from(builder.build()?).run(async {});
/// assert!(status.success());
/// # Ok::<(), synodic::event_loop::BuildError>(())
/// ```
#[derive(Debug)]
pub struct Runtime {
    event_loop: EventLoop,
}

impl Runtime {
    /// A runtime with the defaults.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when no driver can be started.
    pub fn new() -> Result<Self, BuildError> {
        Self::builder().build().map(Self::from)
    }

    /// The options of the loop; the loop that they build converts into a runtime.
    pub fn builder() -> Builder {
        EventLoop::builder()
    }

    /// The loop, for the code that runs on it.
    pub fn handle(&self) -> Handle {
        self.event_loop.handle()
    }

    /// Runs a program to its end. See [`run`].
    ///
    /// A runtime that has ended stays ended: running it again returns the same status.
    pub fn run<F>(&mut self, main: F) -> ExitStatus
    where
        F: Future + 'static,
        F::Output: Outcome,
    {
        let status = self.event_loop.run_async(main);
        if let Some(report) = report(status.cause()) {
            write_report(&report);
        }
        status
    }
}

impl From<EventLoop> for Runtime {
    fn from(event_loop: EventLoop) -> Self {
        Self { event_loop }
    }
}

/// The low 8 bits of a code, which are what survives the end of a process.
fn exit_code(status: &ExitStatus) -> ExitCode {
    let [.., low] = status.code().to_be_bytes();
    ExitCode::from(low)
}

/// What a person should read about an end, if anything.
fn report(cause: &ExitCause) -> Option<String> {
    match cause {
        ExitCause::Uncaught(exception) if exception.origin == Origin::UnhandledRejection => {
            Some(describe("Uncaught (in promise): ", &exception.reason))
        }
        ExitCause::Uncaught(exception) | ExitCause::HandlerThrew(exception) => {
            Some(describe("Uncaught: ", &exception.reason))
        }
        ExitCause::UnsettledMain => {
            Some("Warning: nothing is left that could wake the main function".to_owned())
        }
        _ => None,
    }
}

fn describe(title: &str, reason: &Reason) -> String {
    match reason.as_error() {
        Some(error) => chain(title, error),
        None => format!("{title}{reason}"),
    }
}

/// An error and its sources, one a line.
fn chain(title: &str, error: &dyn Error) -> String {
    let mut text = format!("{title}{error}");
    let mut next = error.source();
    while let Some(source) = next {
        text.push_str("\n  caused by: ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text
}

fn write_report(text: &str) {
    // Nobody is left who could be told that the standard error is closed.
    let _ = writeln!(io::stderr(), "{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("no settings")]
    struct NoSettings(#[source] io::Error);

    fn ended(main: impl Future<Output = Result<(), Reason>> + 'static) -> ExitStatus {
        Runtime::new().unwrap().run(main)
    }

    #[test]
    fn an_error_of_main_is_reported_with_its_sources() {
        let status = ended(async { Err(NoSettings(io::Error::other("the disk is gone")).into()) });
        assert_eq!(status.code(), 1);
        let expected = "Uncaught (in promise): no settings\n  caused by: the disk is gone";
        assert_eq!(report(status.cause()).as_deref(), Some(expected));
    }

    #[test]
    fn an_exception_of_a_callback_ends_the_program() {
        let status = ended(async {
            synodic_loop::set_immediate(|| Err::<(), _>(Reason::message("late")));
            Ok(())
        });
        assert_eq!(status.code(), 1);
        assert_eq!(report(status.cause()).as_deref(), Some("Uncaught: late"));
    }

    #[test]
    fn a_main_that_nothing_can_wake_ends_with_13() {
        let status = ended(std::future::pending());
        assert_eq!(status.code(), 13);
        assert!(report(status.cause()).unwrap().starts_with("Warning: "));
    }

    #[test]
    fn a_natural_end_says_nothing() {
        let status = ended(async { Ok(()) });
        assert!(status.success());
        assert_eq!(report(status.cause()), None);
    }

    #[test]
    fn only_the_low_bits_of_a_code_survive() {
        let code_256 = exit_code(&ended(async { crate::process::exit(256) }));
        let code_259 = exit_code(&ended(async { crate::process::exit(259) }));
        assert_eq!((code_256, code_259), (ExitCode::SUCCESS, ExitCode::from(3)));
    }
}
