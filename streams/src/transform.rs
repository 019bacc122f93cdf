//! What changes items on their way.

use std::fmt;

use crate::{Batch, Error, Options, Result};

/// What changes items on their way: none, one or many come out of each.
///
/// It does not wait for anything; work that does is for
/// [`Source::map_async`](crate::Source::map_async).
///
/// # Examples
///
/// ```
/// use synodic_streams::{Emit, Result, Transform};
///
/// /// Passes on pairs.
/// #[derive(Default)]
/// struct Pairs(Option<u32>);
///
/// impl Transform for Pairs {
///     type In = u32;
///     type Out = (u32, u32);
///
///     fn transform(&mut self, item: u32, out: &mut Emit<'_, (u32, u32)>) -> Result<()> {
///         match self.0.take() {
///             None => self.0 = Some(item),
///             Some(first) => drop(out.push((first, item))),
///         }
///         Ok(())
///     }
/// }
/// ```
pub trait Transform {
    /// What goes in.
    type In;
    /// What comes out.
    type Out;

    /// Takes an item.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with it. The pipeline ends with it.
    fn transform(&mut self, item: Self::In, out: &mut Emit<'_, Self::Out>) -> Result<()>;

    /// Goes on with what was taken: called when there is room, if the last call has asked for it with
    /// [`Emit::call_again`].
    ///
    /// So what makes much out of little, as a decompressor does, never holds more than the high-water
    /// mark: it emits while there [is room](Emit::has_room), and asks to be called again.
    ///
    /// # Errors
    ///
    /// Whatever is wrong with it.
    fn more(&mut self, out: &mut Emit<'_, Self::Out>) -> Result<()> {
        let _ = out;
        Ok(())
    }

    /// Nothing more comes in: emits what is left.
    ///
    /// # Errors
    ///
    /// Whatever is missing.
    #[inline]
    fn flush(&mut self, out: &mut Emit<'_, Self::Out>) -> Result<()> {
        let _ = out;
        Ok(())
    }

    /// Called once, at the end or with the reason why nothing more is wanted.
    fn destroy(&mut self, why: Option<&Error>) {
        let _ = why;
    }

    /// When what comes out is too much at once: 16 items, unless the transform knows better.
    fn options(&self) -> Options<Self::Out> {
        Options::default()
    }
}

/// A transform of any type that may go to another thread.
pub type BoxTransform<I, O> = Box<dyn Transform<In = I, Out = O> + Send>;

/// A transform of any type.
pub type LocalBoxTransform<I, O> = Box<dyn Transform<In = I, Out = O>>;

macro_rules! forward {
    ($($transform:ty),+) => {$(
        impl<X: Transform + ?Sized> Transform for $transform {
            type In = X::In;
            type Out = X::Out;

            #[inline]
            fn transform(&mut self, item: X::In, out: &mut Emit<'_, X::Out>) -> Result<()> {
                (**self).transform(item, out)
            }

            #[inline]
            fn more(&mut self, out: &mut Emit<'_, X::Out>) -> Result<()> {
                (**self).more(out)
            }

            #[inline]
            fn flush(&mut self, out: &mut Emit<'_, X::Out>) -> Result<()> {
                (**self).flush(out)
            }

            fn destroy(&mut self, why: Option<&Error>) {
                (**self).destroy(why);
            }

            fn options(&self) -> Options<X::Out> {
                (**self).options()
            }
        }
    )+};
}

forward!(Box<X>, &mut X);

/// Takes what a transform has to say.
pub struct Emit<'a, T> {
    /// The first item of a call is handed on without a queue, where it goes on at once.
    first: Option<&'a mut Option<T>>,
    rest: &'a mut Batch<T>,
    has_more: &'a mut bool,
}

impl<'a, T> Emit<'a, T> {
    /// One that fills `first`, if there is such a place, and then `rest`, and notes in `has_more` what
    /// it is asked for.
    #[inline]
    pub(crate) fn new(
        first: Option<&'a mut Option<T>>,
        rest: &'a mut Batch<T>,
        has_more: &'a mut bool,
    ) -> Self {
        *has_more = false;
        Self {
            first,
            rest,
            has_more,
        }
    }

    /// Emits an item; whether there is room for another. It is taken in either case.
    // A call would copy the item once more.
    #[inline(always)]
    pub fn push(&mut self, item: T) -> bool {
        match &mut self.first {
            Some(first) if first.is_none() && self.rest.is_empty() => {
                **first = Some(item);
                true
            }
            _ => self.rest.push(item),
        }
    }

    /// Asks for a call of [`Transform::more`], before anything else comes in.
    #[inline]
    pub fn call_again(&mut self) {
        *self.has_more = true;
    }

    /// Whether there is room for another item.
    #[inline]
    #[must_use]
    pub fn has_room(&self) -> bool {
        !self.rest.is_full()
    }
}

impl<T> fmt::Debug for Emit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emit")
            .field("has_room", &self.has_room())
            .finish_non_exhaustive()
    }
}

/// A transform that makes one item of one.
///
/// # Examples
///
/// ```
/// use synodic_streams::map;
///
/// let double = map(|number: u32| Ok(2 * number));
/// # drop(double);
/// ```
pub fn map<I, O, F: FnMut(I) -> Result<O>>(change: F) -> MapFn<I, O, F> {
    MapFn {
        change,
        _items: std::marker::PhantomData,
    }
}

/// What [`map`] returns.
pub struct MapFn<I, O, F> {
    change: F,
    _items: std::marker::PhantomData<fn(I) -> O>,
}

impl<I, O, F: FnMut(I) -> Result<O>> Transform for MapFn<I, O, F> {
    type In = I;
    type Out = O;

    #[inline]
    fn transform(&mut self, item: I, out: &mut Emit<'_, O>) -> Result<()> {
        out.push((self.change)(item)?);
        Ok(())
    }
}

impl<I, O, F> fmt::Debug for MapFn<I, O, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MapFn").finish_non_exhaustive()
    }
}

/// Two transforms, one behind the other: what [`compose`] returns.
pub struct Compose<A: Transform, B> {
    first: A,
    second: B,
    /// What the first has emitted and the second has not taken.
    between: Batch<A::Out>,
    /// The first has more to emit.
    has_more: bool,
    /// The second has more to emit.
    holds_more: bool,
    is_ending: bool,
}

/// Makes one transform of two.
///
/// # Examples
///
/// ```
/// use synodic_streams::{compose, map};
///
/// let parse = map(|text: &str| Ok(text.len()));
/// let double = map(|len: usize| Ok(2 * len));
/// let both = compose(parse, double);
/// # drop(both);
/// ```
pub fn compose<A: Transform, B: Transform<In = A::Out>>(first: A, second: B) -> Compose<A, B> {
    Compose {
        between: Batch::new(first.options()),
        first,
        second,
        has_more: false,
        holds_more: false,
        is_ending: false,
    }
}

impl<A: Transform, B: Transform<In = A::Out>> Compose<A, B> {
    fn call_first(
        &mut self,
        call: impl FnOnce(&mut A, &mut Emit<'_, A::Out>) -> Result<()>,
    ) -> Result<()> {
        let mut emit = Emit::new(None, &mut self.between, &mut self.has_more);
        call(&mut self.first, &mut emit)
    }

    fn call_second(
        &mut self,
        out: &mut Emit<'_, B::Out>,
        call: impl FnOnce(&mut B, &mut Emit<'_, B::Out>) -> Result<()>,
    ) -> Result<()> {
        let mut emit = Emit::new(out.first.as_deref_mut(), out.rest, &mut self.holds_more);
        call(&mut self.second, &mut emit)
    }

    /// Moves on what it can, as long as there is room.
    fn advance(&mut self, out: &mut Emit<'_, B::Out>) -> Result<()> {
        while out.has_room() {
            if self.holds_more {
                self.call_second(out, B::more)?;
            } else if let Some(item) = self.between.pop() {
                self.call_second(out, |second, out| second.transform(item, out))?;
            } else if self.has_more {
                self.call_first(A::more)?;
            } else if std::mem::take(&mut self.is_ending) {
                self.call_second(out, B::flush)?;
            } else {
                return Ok(());
            }
        }
        out.call_again();
        Ok(())
    }
}

impl<A: Transform, B: Transform<In = A::Out>> Transform for Compose<A, B> {
    type In = A::In;
    type Out = B::Out;

    #[inline]
    fn transform(&mut self, item: A::In, out: &mut Emit<'_, B::Out>) -> Result<()> {
        self.call_first(|first, emit| first.transform(item, emit))?;
        self.advance(out)
    }

    fn more(&mut self, out: &mut Emit<'_, B::Out>) -> Result<()> {
        self.advance(out)
    }

    fn flush(&mut self, out: &mut Emit<'_, B::Out>) -> Result<()> {
        self.is_ending = true;
        self.call_first(A::flush)?;
        self.advance(out)
    }

    fn destroy(&mut self, why: Option<&Error>) {
        self.first.destroy(why);
        self.second.destroy(why);
    }

    fn options(&self) -> Options<B::Out> {
        self.second.options()
    }
}

impl<A: Transform, B> fmt::Debug for Compose<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compose").finish_non_exhaustive()
    }
}
