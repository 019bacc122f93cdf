//! The macros of `synodic-gc`, which exports them; see there.
#![forbid(unsafe_code)]

mod fields;
mod rootable;
mod trace;

use proc_macro::TokenStream;

/// Implements `Trace` by calling it on every field.
///
/// `#[trace(static)]` on a field leaves it out and asks that its type is `'static`; on a type it
/// does so for all of it.
///
/// ```
/// use synodic_gc::{Gc, Trace};
///
/// #[derive(Trace)]
/// enum Value<'gc> {
///     Number(f64),
///     Text(Gc<'gc, str>),
///     Native(#[trace(static)] fn(f64) -> f64),
/// }
/// ```
#[proc_macro_derive(Trace, attributes(trace))]
pub fn derive_trace(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as syn::DeriveInput);
    trace::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Names the `Rootable` of a type, in which `'_` stands for the lifetime of a section.
///
/// ```
/// use synodic_gc::{Gc, Root, Rootable};
///
/// struct Callback {
///     argument: Root<Rootable![Gc<'_, str>]>,
/// }
/// ```
#[allow(non_snake_case, reason = "it stands for a type")]
#[proc_macro]
pub fn Rootable(input: TokenStream) -> TokenStream {
    rootable::expand(input.into()).into()
}
