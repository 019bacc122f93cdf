//! What can go wrong.

use std::{borrow::Cow, error, fmt};

use synodic_sync::Arc;

/// What an operation of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a stream failed: one pointer, cheap to clone, because every stage of a pipeline gets it.
///
/// # Examples
///
/// ```
/// use synodic_streams::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Aborted);
/// assert_eq!(error.code(), "ABORT_ERR");
///
/// let error = Error::other(std::io::Error::other("the disk is full"));
/// assert_eq!(error.to_string(), "the disk is full");
/// assert!(error.downcast_ref::<std::io::Error>().is_some());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    code: Option<Cow<'static, str>>,
    stage: Option<usize>,
    cause: Option<Arc<Cause>>,
}

/// What a stage has reported.
struct Cause(Box<dyn error::Error + Send + Sync>);

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The signal was given, or a consumer left before the end.
    #[error("the operation was aborted")]
    Aborted,
    /// A stream was closed before it had ended or finished.
    #[error("the stream was closed before its end")]
    PrematureClose,
    /// The stream had been destroyed already.
    #[error("the stream is destroyed")]
    Destroyed,
    /// Something was written behind the end.
    #[error("write after end")]
    WriteAfterEnd,
    /// The stream was ended again after it had finished.
    #[error("the stream has finished already")]
    AlreadyFinished,
    /// A source delivered something behind its end.
    #[error("push after the end of the source")]
    PushAfterEnd,
    /// Something was to be put back into a stream whose end was read.
    #[error("unshift after the end was read")]
    UnshiftAfterEnd,
    /// A stage grew beyond the bound that it was given.
    #[error("a bound was exceeded")]
    TooLarge,
    /// There was nothing to reduce, and no initial value.
    #[error("nothing to reduce, and no initial value")]
    Empty,
    /// What a source, transform or sink reported.
    #[error("a stage failed")]
    Other,
}

impl ErrorKind {
    /// Node's code.
    fn code(self) -> &'static str {
        match self {
            Self::Aborted => "ABORT_ERR",
            Self::PrematureClose => "ERR_STREAM_PREMATURE_CLOSE",
            Self::Destroyed => "ERR_STREAM_DESTROYED",
            Self::WriteAfterEnd => "ERR_STREAM_WRITE_AFTER_END",
            Self::AlreadyFinished => "ERR_STREAM_ALREADY_FINISHED",
            Self::PushAfterEnd => "ERR_STREAM_PUSH_AFTER_EOF",
            Self::UnshiftAfterEnd => "ERR_STREAM_UNSHIFT_AFTER_END_EVENT",
            Self::TooLarge => "ERR_BUFFER_TOO_LARGE",
            Self::Empty => "ERR_MISSING_ARGS",
            Self::Other => "ERR_STREAM_STAGE",
        }
    }
}

impl Error {
    /// An error of this crate.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self(Arc::new(Inner {
            kind,
            code: None,
            stage: None,
            cause: None,
        }))
    }

    /// What a source, transform or sink of yours has to report.
    #[must_use]
    pub fn other(source: impl Into<Box<dyn error::Error + Send + Sync>>) -> Self {
        Self(Arc::new(Inner {
            kind: ErrorKind::Other,
            code: None,
            stage: None,
            cause: Some(Arc::new(Cause(source.into()))),
        }))
    }

    /// The same error under a code of yours, which [`code`](Self::code) then returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use synodic_streams::Error;
    ///
    /// let error = Error::other("no such table").with_code("ENOTABLE");
    /// assert_eq!(error.code(), "ENOTABLE");
    /// ```
    #[must_use]
    pub fn with_code(self, code: impl Into<Cow<'static, str>>) -> Self {
        self.change(|inner| inner.code = Some(code.into()))
    }

    /// The same error with the stage of the pipeline that failed, unless one is known already.
    #[must_use]
    pub fn at_stage(self, stage: usize) -> Self {
        if self.0.stage.is_some() {
            return self;
        }
        self.change(|inner| inner.stage = Some(stage))
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = (*self.0).clone();
        change(&mut inner);
        self.0 = Arc::new(inner);
        self
    }

    /// What kind of failure it was.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The code: Node's, or the one given with [`with_code`](Self::with_code).
    #[must_use]
    pub fn code(&self) -> &str {
        self.0.code.as_deref().unwrap_or(self.0.kind.code())
    }

    /// Which stage of a pipeline failed: 0 is the source.
    #[must_use]
    pub fn stage(&self) -> Option<usize> {
        self.0.stage
    }

    /// What was given to [`other`](Self::other), if it was a `T`.
    #[must_use]
    pub fn downcast_ref<T: error::Error + 'static>(&self) -> Option<&T> {
        self.0.cause.as_ref()?.0.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Some(cause) => cause.0.fmt(f),
            None => self.0.kind.fmt(f),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("code", &self.code())
            .field("stage", &self.0.stage)
            .field("message", &self.to_string())
            .finish()
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        // Its own message is ours already.
        self.0.cause.as_ref()?.0.source()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::other(error)
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
