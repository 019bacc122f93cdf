//! What a callback throws and a promise is rejected with.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::rc::Rc;

/// Why something failed: the value thrown by a callback, or the reason of a rejection.
///
/// JavaScript throws any value, so this type holds any value: an [`Error`], the payload of a panic,
/// or a value of the embedder's own such as a JavaScript object. It is cheap to clone, and a clone
/// is the same value.
///
/// Every type that implements [`Error`] converts into a `Reason`, so the `?` operator works in a
/// callback that returns `Result<(), Reason>`. For the same cause `Reason` itself is not an
/// [`Error`]; [`as_error`](Self::as_error) gives the error inside.
///
/// # Examples
///
/// ```
/// use synodic_loop::Reason;
///
/// let reason = Reason::from(std::io::Error::other("the disk is gone"));
/// assert_eq!(reason.to_string(), "the disk is gone");
/// assert!(reason.downcast_ref::<std::io::Error>().is_some());
/// ```
#[derive(Clone)]
pub struct Reason(Rc<Inner>);

struct Inner {
    value: Value,
    message: String,
}

enum Value {
    Error(Box<dyn AnyError>),
    Panic(Box<dyn Any + Send>),
    Other(Box<dyn Any>),
}

/// An error that can also be looked at as `Any`.
trait AnyError {
    fn as_any(&self) -> &dyn Any;
    fn as_error(&self) -> &(dyn Error + 'static);
}

impl<E: Error + 'static> AnyError for E {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_error(&self) -> &(dyn Error + 'static) {
        self
    }
}

impl Reason {
    /// A reason that is just a message.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(synodic_loop::Reason::message("no").to_string(), "no");
    /// ```
    pub fn message(message: impl Into<String>) -> Self {
        let message = message.into();
        Self::new(Value::Other(Box::new(message.clone())), message)
    }

    /// A reason that carries a value of the caller's, shown to people as `message`.
    ///
    /// # Examples
    ///
    /// ```
    /// let reason = synodic_loop::Reason::value(42_u32, "forty-two");
    /// assert_eq!(reason.downcast_ref::<u32>(), Some(&42));
    /// assert_eq!(reason.to_string(), "forty-two");
    /// ```
    pub fn value(value: impl Any, message: impl Into<String>) -> Self {
        Self::new(Value::Other(Box::new(value)), message.into())
    }

    /// A reason from what `catch_unwind` returned.
    pub(crate) fn from_panic(payload: Box<dyn Any + Send>) -> Self {
        let message = payload
            .downcast_ref::<&'static str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "a panic without a message".to_owned());
        Self::new(Value::Panic(payload), message)
    }

    /// Whether a panic was the cause.
    pub fn is_panic(&self) -> bool {
        matches!(self.0.value, Value::Panic(_))
    }

    /// The error behind this reason, if it is one.
    pub fn as_error(&self) -> Option<&(dyn Error + 'static)> {
        match &self.0.value {
            Value::Error(error) => Some(error.as_error()),
            Value::Panic(_) | Value::Other(_) => None,
        }
    }

    /// The value behind this reason, if it is a `T`: an error, a panic's payload, or the value
    /// given to [`Reason::value`].
    pub fn downcast_ref<T: Any>(&self) -> Option<&T> {
        match &self.0.value {
            Value::Error(error) => error.as_any().downcast_ref(),
            Value::Panic(payload) => payload.downcast_ref(),
            Value::Other(value) => value.downcast_ref(),
        }
    }

    /// Whether two reasons are one and the same value, as `===` compares objects.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    fn new(value: Value, message: String) -> Self {
        Self(Rc::new(Inner { value, message }))
    }
}

impl<E: Error + 'static> From<E> for Reason {
    fn from(error: E) -> Self {
        let message = error.to_string();
        Self::new(Value::Error(Box::new(error)), message)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.value {
            Value::Error(error) => fmt::Debug::fmt(error.as_error(), f),
            Value::Panic(_) => write!(f, "panic: {}", self.0.message),
            Value::Other(_) => fmt::Debug::fmt(&self.0.message, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_keeps_its_message_and_payload() {
        let payload = std::panic::catch_unwind(|| std::panic::panic_any(7_i32)).unwrap_err();
        let reason = Reason::from_panic(payload);
        assert!(reason.is_panic());
        assert_eq!(reason.downcast_ref::<i32>(), Some(&7));
        assert_eq!(reason.to_string(), "a panic without a message");
    }

    #[test]
    fn a_clone_is_the_same_value() {
        let reason = Reason::message("once");
        assert!(reason.ptr_eq(&reason.clone()));
        assert!(!reason.ptr_eq(&Reason::message("once")));
    }
}
