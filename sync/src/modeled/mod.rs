//! What loom cannot see through or does not have, made of what it can.

pub(crate) mod backoff;
pub(crate) mod deque;
mod locked;
pub(crate) mod once;
pub(crate) mod queue;
pub(crate) mod thread;

/// `std::thread_local!`, for the threads of a model.
///
/// Loom's own macro does not know `const { }` initializers; this one lets it.
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = const $init:block; $($rest:tt)*) => {
        $crate::__loom::thread_local! { $(#[$attr])* $vis static $name: $t = $init; }
        $crate::thread_local! { $($rest)* }
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = const $init:block) => {
        $crate::__loom::thread_local! { $(#[$attr])* $vis static $name: $t = $init; }
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr; $($rest:tt)*) => {
        $crate::__loom::thread_local! { $(#[$attr])* $vis static $name: $t = $init; }
        $crate::thread_local! { $($rest)* }
    };
    ($(#[$attr:meta])* $vis:vis static $name:ident: $t:ty = $init:expr) => {
        $crate::__loom::thread_local! { $(#[$attr])* $vis static $name: $t = $init; }
    };
}
