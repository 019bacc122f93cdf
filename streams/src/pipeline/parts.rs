//! Tuples as pipelines.

use super::Through;
use crate::{Sink, Source, Transform};

/// What can be a pipeline: a tuple of a source, up to eight transforms, and a sink.
pub trait IntoPipeline {
    /// The source, with the transforms behind it.
    type Source: Source<Item = <Self::Sink as Sink>::Item>;
    /// The sink.
    type Sink: Sink;

    /// Both, and how many stages there are in all.
    fn into_parts(self) -> (Self::Source, Self::Sink, usize);
}

impl<S: Source, K: Sink<Item = S::Item>> IntoPipeline for (S, K) {
    type Source = S;
    type Sink = K;

    fn into_parts(self) -> (S, K, usize) {
        (self.0, self.1, 2)
    }
}

/// The source that transforms make of a source.
macro_rules! chain {
    ($source:ty;) => { $source };
    ($source:ty; $first:ident $($rest:ident)*) => { chain!(Through<$source, $first>; $($rest)*) };
}

macro_rules! tuple {
    ($($transform:ident<$in:ty>),+; $out:ty) => {
        #[allow(non_snake_case, reason = "a value is named as its type is")]
        impl<S, $($transform,)+ K> IntoPipeline for (S, $($transform,)+ K)
        where
            S: Source,
            $($transform: Transform<In = $in>,)+
            K: Sink<Item = $out>,
        {
            type Source = chain!(S; $($transform)+);
            type Sink = K;

            fn into_parts(self) -> (Self::Source, K, usize) {
                let (source, $($transform,)+ sink) = self;
                let stage = 0;
                $(
                    let stage = stage + 1;
                    let source = Through::new(source, $transform, Some(stage));
                )+
                (source, sink, stage + 2)
            }
        }
    };
}

tuple!(A<S::Item>; A::Out);
tuple!(A<S::Item>, B<A::Out>; B::Out);
tuple!(A<S::Item>, B<A::Out>, C<B::Out>; C::Out);
tuple!(A<S::Item>, B<A::Out>, C<B::Out>, D<C::Out>; D::Out);
tuple!(A<S::Item>, B<A::Out>, C<B::Out>, D<C::Out>, E<D::Out>; E::Out);
tuple!(A<S::Item>, B<A::Out>, C<B::Out>, D<C::Out>, E<D::Out>, F<E::Out>; F::Out);
tuple!(A<S::Item>, B<A::Out>, C<B::Out>, D<C::Out>, E<D::Out>, F<E::Out>, G<F::Out>; G::Out);
tuple!(
    A<S::Item>, B<A::Out>, C<B::Out>, D<C::Out>, E<D::Out>, F<E::Out>, G<F::Out>, H<G::Out>;
    H::Out
);
