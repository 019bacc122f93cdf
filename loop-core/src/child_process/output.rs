//! Running a program to its end, for what it writes.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::process::ExitStatus;
use std::task::{Context, Poll, ready};

use synodic_buffers::Buffer;

use super::{Child, Command, Stdio};
use crate::SignalKind;
use crate::pipe::PipeReader;

/// What a program has written, and how it has ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Output {
    /// How it has ended.
    pub status: ExitStatus,
    /// What it wrote.
    pub stdout: Buffer,
    /// What it complained.
    pub stderr: Buffer,
}

/// One of the streams that are collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputStream {
    /// What the program writes.
    Stdout,
    /// What it complains.
    Stderr,
}

impl fmt::Display for OutputStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        })
    }
}

/// Why a program's output could not be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// It could not be started.
    #[error("the program could not be started")]
    Spawn(#[source] io::Error),
    /// It wrote more than allowed, and was sent `SIGTERM`. Node's
    /// `ERR_CHILD_PROCESS_STDIO_MAXBUFFER`.
    #[error("{stream} was longer than {bytes_max} bytes")]
    TooLong {
        /// Where it did so.
        stream: OutputStream,
        /// What was allowed.
        bytes_max: usize,
    },
    /// A stream could not be read.
    #[error("{stream} could not be read")]
    Read {
        /// Which one.
        stream: OutputStream,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// Its end could not be waited for.
    #[error("the end of the program could not be waited for")]
    Wait(#[source] io::Error),
}

impl Command {
    /// Starts the program and waits until it has ended and nobody writes to its standard streams any
    /// more. Of each at most `bytes_max` bytes are taken. A pipe as its input is empty.
    ///
    /// # Node
    ///
    /// `child_process.execFile` with `maxBuffer`.
    ///
    /// # Errors
    ///
    /// [`OutputError`]. That a program ends with a code other than zero is none.
    ///
    /// # Panics
    ///
    /// Outside of an event loop.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future closes the pipes and lets the program run on.
    pub async fn output(self, bytes_max: usize) -> Result<Output, OutputError> {
        let command = self.stdout(Stdio::Piped).stderr(Stdio::Piped);
        let mut child = command.spawn().map_err(OutputError::Spawn)?;
        // Nobody writes to it.
        drop(child.stdin.take());
        let [stdout, stderr] = match collect(&mut child, bytes_max).await {
            Ok(buffers) => buffers,
            Err(error) => {
                // It may have ended meanwhile.
                let _ = child.kill(SignalKind::TERMINATE);
                return Err(error);
            }
        };
        let status = child.wait().await.map_err(OutputError::Wait)?;
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }
}

/// Reads both streams at once: a program may wait for one to be read before it writes to the other.
async fn collect(child: &mut Child, bytes_max: usize) -> Result<[Buffer; 2], OutputError> {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut stdout = pin!(read(stdout, OutputStream::Stdout, bytes_max));
    let mut stderr = pin!(read(stderr, OutputStream::Stderr, bytes_max));
    let (mut written, mut complained) = (None, None);
    poll_fn(|cx| {
        let one = poll_into(stdout.as_mut(), &mut written, cx)?;
        let other = poll_into(stderr.as_mut(), &mut complained, cx)?;
        ready!(one);
        other.map(Ok)
    })
    .await?;
    Ok([written, complained].map(Option::unwrap_or_default))
}

/// Polls `future` unless it has put its result into `place` already.
fn poll_into<T, E>(
    future: Pin<&mut impl Future<Output = Result<T, E>>>,
    place: &mut Option<T>,
    cx: &mut Context<'_>,
) -> Result<Poll<()>, E> {
    if place.is_none() {
        match future.poll(cx) {
            Poll::Ready(result) => *place = Some(result?),
            Poll::Pending => return Ok(Poll::Pending),
        }
    }
    Ok(Poll::Ready(()))
}

async fn read(
    pipe: Option<PipeReader>,
    stream: OutputStream,
    bytes_max: usize,
) -> Result<Buffer, OutputError> {
    let Some(pipe) = pipe else {
        return Ok(Buffer::new());
    };
    pipe.read_to_end(bytes_max)
        .await
        .map_err(|error| match error.kind() {
            io::ErrorKind::FileTooLarge => OutputError::TooLong { stream, bytes_max },
            _ => OutputError::Read { stream, error },
        })
}
