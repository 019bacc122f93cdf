//! Types with a lifetime to be filled in.

use std::marker::PhantomData;

use crate::trace::Trace;

/// A type that contains pointers, for every section: `Root<'gc>` is what it is in section `'gc`.
///
/// [`Rootable!`](macro@crate::Rootable) names one by its type; `'_` stands for the section's
/// lifetime:
///
/// ```
/// use synodic_gc::{Gc, Heap, Rootable, Trace};
///
/// #[derive(Trace)]
/// struct Globals<'gc> {
///     name: Gc<'gc, str>,
/// }
///
/// type MyHeap = Heap<Rootable![Globals<'_>]>;
///
/// // The same by hand.
/// struct GlobalsRoot;
/// impl Rootable for GlobalsRoot {
///     type Root<'gc> = Globals<'gc>;
/// }
/// ```
pub trait Rootable: 'static {
    /// The type in the section `'gc`.
    type Root<'gc>: Trace + 'gc;
}

/// What the macro `Rootable!` asks of a type for one lifetime.
#[doc(hidden)]
pub trait RootableFor<'gc> {
    /// The type in the section `'gc`.
    type Root: Trace + 'gc;
}

/// What the macro `Rootable!` makes.
#[doc(hidden)]
#[derive(Debug)]
pub struct Dynamic<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized + for<'gc> RootableFor<'gc> + 'static> Rootable for Dynamic<T> {
    type Root<'gc> = <T as RootableFor<'gc>>::Root;
}

/// Makes the value of one section that of another.
///
/// # Safety
///
/// Until it is made the value of the section that is open, the result is shown to the collector
/// only.
pub(super) unsafe fn rebrand<'to, P: Rootable>(value: P::Root<'_>) -> P::Root<'to> {
    let value = std::mem::ManuallyDrop::new(value);
    // SAFETY: the two types differ in a lifetime, which no code and no layout depends on. The
    // value is moved out and not used again.
    unsafe { (&raw const *value).cast::<P::Root<'to>>().read() }
}

/// Makes the reference of one section that of another.
///
/// # Safety
///
/// `'to` is the lifetime of the section that is open.
pub(super) unsafe fn rebrand_ref<'to, P: Rootable>(
    value: &'to P::Root<'static>,
) -> &'to P::Root<'to> {
    // SAFETY: as above; the reference's own lifetime stays what it is.
    unsafe { &*(&raw const *value).cast::<P::Root<'to>>() }
}
