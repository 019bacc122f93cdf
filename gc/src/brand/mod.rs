//! Lifetimes that stand for a section of one heap.
//!
//! Everything that points into a heap carries the lifetime `'gc` of the section in which it was
//! made, and no two sections have the same: it is the parameter of a `for<'gc>` closure, or, in
//! [`enter!`](crate::enter), that of a borrow which must outlive and be outlived by a value of
//! the same scope. It is invariant, so it neither grows nor shrinks to become another's. The
//! heap is borrowed while a section is open, so no collection happens in one.

mod enter;
mod heap;
mod root;
mod rootable;
mod section;

use std::marker::PhantomData;

pub use enter::{Entered, Section};
pub use heap::{Heap, IdleResult, Step};
pub use root::Root;
pub use rootable::{Dynamic, Rootable, RootableFor};
pub use section::{Mutation, View};

/// Makes a type invariant in `'gc`.
pub(crate) type Brand<'gc> = PhantomData<fn(&'gc ()) -> &'gc ()>;
