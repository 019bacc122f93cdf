//! What callbacks and tasks may return.

use crate::Reason;

/// The result type of a callback or a task: a value, or what it throws.
///
/// A callback returns `()` or `Result<(), E>`; an `Err` is thrown, as an exception in JavaScript
/// is. `E` is whatever converts into a [`Reason`]: any error, `Box<dyn Error>`, a text. A task may also end in a value: any `Result<T, E>`, the plain types of the standard library,
/// or a type of yours with an empty implementation of this trait:
///
/// ```
/// struct Score(u32);
/// impl synodic_loop::Outcome for Score {
///     type Value = Self;
///     fn into_result(self) -> Result<Self, synodic_loop::Reason> {
///         Ok(self)
///     }
/// }
/// ```
///
/// The trait is what lets the loop see that a task ended in `Err` while nobody holds its
/// [`JoinHandle`](crate::JoinHandle), and report an unhandled rejection instead of losing it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an outcome of a callback or a task",
    note = "a closure that never returns, as one that ends in `exit`, says `|| -> () {{ ... }}`",
    note = "return `()`, a `Result` of an error or of `Box<dyn Error>`, or implement `synodic_loop::Outcome` for `{Self}`",
    note = "`Box<dyn Error + Send + Sync>` becomes a reason by `map_err(synodic_loop::Reason::from_boxed)`"
)]
pub trait Outcome {
    /// What is left when nothing was thrown.
    type Value: 'static;

    /// Splits the outcome into its value and what was thrown.
    ///
    /// # Errors
    ///
    /// The reason, when the outcome is a failure.
    fn into_result(self) -> Result<Self::Value, Reason>;
}

impl<T: 'static, E: Into<Reason>> Outcome for Result<T, E> {
    type Value = T;

    fn into_result(self) -> Result<T, Reason> {
        self.map_err(Into::into)
    }
}

macro_rules! plain_outcome {
    ($($(#[for($($param:ident),+)])? $type:ty),* $(,)?) => {$(
        impl$(<$($param: 'static),+>)? Outcome for $type {
            type Value = Self;

            fn into_result(self) -> Result<Self, Reason> {
                Ok(self)
            }
        }
    )*};
}

plain_outcome! {
    (), bool, char, u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64,
    String, &'static str, std::time::Duration, std::time::Instant, std::path::PathBuf,
    synodic_buffers::Buffer,
    #[for(T)] Option<T>,
    #[for(T)] Vec<T>,
    #[for(T)] Box<T>,
    #[for(T)] std::rc::Rc<T>,
    #[for(T)] synodic_sync::Arc<T>,
    #[for(A, B)] (A, B),
    #[for(A, B, C)] (A, B, C),
}
