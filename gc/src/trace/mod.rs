//! How the collector finds the pointers in a value.

mod collections;
mod leaves;
mod pointers;

pub use leaves::Static;

use crate::raw::{Ephemerons, Object, WeakSlot};

/// A value that may live in a garbage-collected heap.
///
/// Derive it. The derive calls the same methods on every field, so that none is forgotten:
///
/// ```
/// use synodic_gc::{Gc, GcCell, Trace};
///
/// #[derive(Trace)]
/// struct Node<'gc> {
///     name: String,
///     next: GcCell<'gc, Option<Gc<'gc, Node<'gc>>>>,
///     // Anything without a borrow can be kept, whether it implements `Trace` or not.
///     #[trace(static)]
///     opened: std::fs::File,
/// }
/// ```
///
/// A type that derives `Trace` cannot implement `Drop`, which might look at objects that are
/// gone already. Fields may: a file in an object is closed when the object is found to be dead,
/// on the heap's thread. For the same reason there is no implementation for references: what
/// they point to would move.
///
/// A type that contains itself in a `Box` or `Vec` cannot derive it (the compiler reports a
/// cycle); a `Gc` in between is what such a type wants.
///
/// # Safety
///
/// - `trace` and `relocate` pass on every `Gc` in the value, and nothing else, always the same.
/// - The three constants are at least what the fields say.
/// - Neither panics, runs code of the value's user, or allocates in a garbage-collected heap.
/// - The type's `Drop`, if it has one, looks at no `Gc`.
/// - Through `&self` no `Gc` in the value can be changed, except in cells of this crate.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept in a garbage-collected heap",
    label = "this type does not implement `Trace`",
    note = "derive `synodic_gc::Trace` for your own types",
    note = "for a foreign type without borrows, put `#[trace(static)]` on the field or wrap it in `Static`",
    note = "references into a heap are never kept in one: keep the `Gc` instead"
)]
pub unsafe trait Trace {
    /// Whether a value may contain a `Gc`.
    const NEEDS_TRACE: bool;

    /// Whether a value contains cells with pointers, in itself.
    const HAS_CELLS: bool;

    /// Whether a value keeps such cells elsewhere, in a `Vec` or `Box` of its own, where the
    /// write barrier does not see them. Such a value is not accepted by a heap, only as its root.
    const CELLS_OFF_HEAP: bool;

    /// Passes every `Gc` in the value on.
    fn trace<V: Visitor>(&self, visitor: &mut V);

    /// Passes every `Gc` in the value on, to be changed.
    fn relocate<R: Relocator>(&mut self, relocator: &mut R);
}

/// Who looks at the pointers of a value. Only this crate implements it; a `Trace`
/// implementation passes it on to the fields.
///
/// ```compile_fail
/// struct Thief;
/// impl synodic_gc::Visitor for Thief {}
/// ```
pub trait Visitor: sealed::Sealed {
    /// Found a pointer.
    #[doc(hidden)]
    fn pointer(&mut self, object: Object);

    /// Found a weak pointer.
    #[doc(hidden)]
    fn weak(&mut self, slot: &WeakSlot);

    /// Found a table whose values live as long as their keys.
    #[doc(hidden)]
    fn ephemerons(&mut self, table: &dyn Ephemerons);
}

/// Who changes the pointers of a value. Only this crate implements it; a `Trace` implementation
/// passes it on to the fields.
pub trait Relocator: sealed::Sealed {
    /// Found a pointer.
    #[doc(hidden)]
    fn pointer(&mut self, object: &mut Object);

    /// Found a weak pointer.
    #[doc(hidden)]
    fn weak(&mut self, slot: &WeakSlot);

    /// Whether what `f` relocates points to an object that stays young.
    #[doc(hidden)]
    fn leaves_young(&mut self, f: impl FnOnce(&mut Self)) -> bool;
}

pub(crate) mod sealed {
    //! Keeps the traits of this module to this crate.

    /// Implemented by the collector's parts.
    pub trait Sealed {}
}

/// A heap type that derives `Trace` implements it by macro, and whoever has `Drop` as well: two
/// implementations, which the compiler refuses.
#[doc(hidden)]
#[allow(drop_bounds, reason = "having `Drop` is what is asked")]
pub trait MustNotImplDrop {}

#[allow(drop_bounds, reason = "having `Drop` is what is asked")]
impl<T: Drop> MustNotImplDrop for T {}
