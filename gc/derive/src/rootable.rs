//! `Rootable![..]`.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

/// The type with `'_` filled in, for every lifetime.
pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let root = fill_in(input);
    quote! {
        ::synodic_gc::__private::Dynamic<
            dyn for<'__gc> ::synodic_gc::__private::RootableFor<'__gc, Root = #root>
        >
    }
}

/// Renames every `'_`.
fn fill_in(input: TokenStream) -> TokenStream {
    let mut after_quote = false;
    input
        .into_iter()
        .map(|token| {
            let is_lifetime = std::mem::take(&mut after_quote);
            match token {
                TokenTree::Group(group) => {
                    let inner = fill_in(group.stream());
                    let mut filled = Group::new(group.delimiter(), inner);
                    filled.set_span(group.span());
                    TokenTree::Group(filled)
                }
                TokenTree::Punct(punct) => {
                    after_quote = punct.as_char() == '\'';
                    TokenTree::Punct(punct)
                }
                TokenTree::Ident(ident) if is_lifetime && ident == "_" => {
                    TokenTree::Ident(proc_macro2::Ident::new("__gc", ident.span()))
                }
                other => other,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_filled_in_at_every_depth() {
        let filled = fill_in(quote!((Gc<'_, [Option<Node<'_>>]>, &'static str, fn(_))));
        let expected = quote!((Gc<'__gc, [Option<Node<'__gc>>]>, &'static str, fn(_)));
        assert_eq!(filled.to_string(), expected.to_string());
    }
}
