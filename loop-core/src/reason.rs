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
/// Whatever converts into a `Box<dyn Error>` converts into a `Reason`: every [`Error`], the boxed
/// errors of programs, texts. So the `?` operator works in a callback that returns
/// `Result<(), Reason>`. For the same cause `Reason` itself is not an [`Error`];
/// [`as_error`](Self::as_error) gives the error inside. (`Box<dyn Error + Send + Sync>` alone does
/// not convert into a `Box<dyn Error>` by itself: `map_err(Reason::from_boxed)` does it.)
///
/// # Examples
///
/// ```
/// use synodic_loop::Reason;
///
/// let reason = Reason::from(std::io::Error::other("the disk is gone"));
/// assert_eq!(reason.to_string(), "the disk is gone");
/// assert!(reason.error_ref::<std::io::Error>().is_some());
/// ```
#[derive(Clone)]
pub struct Reason(Rc<Inner>);

struct Inner {
    value: Value,
    message: String,
}

enum Value {
    Error(Box<dyn Error>),
    Panic(Box<dyn Any + Send>),
    Other(Box<dyn Any>),
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
    /// assert_eq!(reason.value_ref::<u32>(), Some(&42));
    /// assert_eq!(reason.to_string(), "forty-two");
    /// ```
    pub fn value(value: impl Any, message: impl Into<String>) -> Self {
        Self::new(Value::Other(Box::new(value)), message.into())
    }

    /// A reason from an error that may go to other threads, which `?` cannot convert.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::error::Error;
    /// use synodic_loop::Reason;
    ///
    /// fn parse(text: &str) -> Result<u16, Box<dyn Error + Send + Sync>> {
    ///     Ok(text.parse()?)
    /// }
    ///
    /// let reason = parse("many").map_err(Reason::from_boxed).unwrap_err();
    /// assert!(reason.error_ref::<std::num::ParseIntError>().is_some());
    /// ```
    pub fn from_boxed(error: Box<dyn Error + Send + Sync>) -> Self {
        let error: Box<dyn Error> = error;
        Self::from(error)
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
            Value::Error(error) => Some(&**error),
            Value::Panic(_) | Value::Other(_) => None,
        }
    }

    /// The error behind this reason, if it is an `E`.
    pub fn error_ref<E: Error + 'static>(&self) -> Option<&E> {
        self.as_error()?.downcast_ref()
    }

    /// The value behind this reason, if it is a `T`: a panic's payload, or the value given to
    /// [`Reason::value`].
    pub fn value_ref<T: Any>(&self) -> Option<&T> {
        match &self.0.value {
            Value::Error(_) => None,
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

impl<E: Into<Box<dyn Error>>> From<E> for Reason {
    fn from(error: E) -> Self {
        let error = error.into();
        let message = error.to_string();
        Self::new(Value::Error(error), message)
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
            Value::Error(error) => fmt::Debug::fmt(error, f),
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
        assert_eq!(reason.value_ref::<i32>(), Some(&7));
        assert_eq!(reason.to_string(), "a panic without a message");
    }

    #[test]
    fn a_clone_is_the_same_value() {
        let reason = Reason::message("once");
        assert!(reason.ptr_eq(&reason.clone()));
        assert!(!reason.ptr_eq(&Reason::message("once")));
    }
}
