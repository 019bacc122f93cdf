//! `#[derive(Trace)]`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Generics, Type, parse_quote};

use crate::fields::{Part, is_static, refuse};

/// The implementation, and one that collides with `Drop`.
pub(crate) fn derive(input: &DeriveInput) -> syn::Result<TokenStream> {
    refuse_packed(input)?;
    let parts = if is_static(&input.attrs)? {
        None
    } else {
        Some(parts(input)?)
    };
    let name = &input.ident;
    let generics = bounds(input, parts.as_deref());
    let (impl_generics, type_generics, where_clause) = generics.split_for_impl();
    let parts = parts.unwrap_or_default();
    let types: Vec<&Type> = parts
        .iter()
        .flat_map(|part| &part.traced)
        .map(|field| &field.type_)
        .collect();
    let trace = body(&parts, &quote!(trace), &quote!(visitor));
    let relocate = body(&parts, &quote!(relocate), &quote!(relocator));
    Ok(quote! {
        // SAFETY: calls the same method on every field that may have a pointer, the others are
        // `'static`. The type does not implement `Drop`, for which the second `impl` vouches.
        #[automatically_derived]
        unsafe impl #impl_generics ::synodic_gc::Trace for #name #type_generics #where_clause {
            const NEEDS_TRACE: bool = false #(|| <#types as ::synodic_gc::Trace>::NEEDS_TRACE)*;
            const HAS_CELLS: bool = false #(|| <#types as ::synodic_gc::Trace>::HAS_CELLS)*;
            const CELLS_OFF_HEAP: bool =
                false #(|| <#types as ::synodic_gc::Trace>::CELLS_OFF_HEAP)*;

            #[inline]
            fn trace<__V: ::synodic_gc::Visitor>(&self, visitor: &mut __V) {
                let _ = &visitor;
                #trace
            }

            #[inline]
            fn relocate<__R: ::synodic_gc::Relocator>(&mut self, relocator: &mut __R) {
                let _ = &relocator;
                #relocate
            }
        }

        #[automatically_derived]
        impl #impl_generics ::synodic_gc::__private::MustNotImplDrop
            for #name #type_generics #where_clause {}
    })
}

/// A reference to a field of a packed type may not be made.
fn refuse_packed(input: &DeriveInput) -> syn::Result<()> {
    for attribute in input.attrs.iter().filter(|a| a.path().is_ident("repr")) {
        let text = attribute.meta.to_token_stream().to_string();
        if text.contains("packed") {
            return Err(syn::Error::new_spanned(
                attribute,
                "a packed type cannot be traced: its fields are not aligned",
            ));
        }
    }
    Ok(())
}

/// The struct, or the variants.
fn parts(input: &DeriveInput) -> syn::Result<Vec<Part>> {
    match &input.data {
        Data::Struct(data) => Ok(vec![Part::new(quote!(Self), &data.fields)?]),
        Data::Enum(data) => data
            .variants
            .iter()
            .map(|variant| {
                refuse(&variant.attrs)?;
                let name = &variant.ident;
                Part::new(quote!(Self::#name), &variant.fields)
            })
            .collect(),
        Data::Union(data) => Err(syn::Error::new_spanned(
            data.union_token,
            "a union cannot be traced: nobody knows which field it holds",
        )),
    }
}

/// The type's generics, with what the implementation needs: `Trace` of every parameter whose
/// values are traced, and `'static` of what is not.
fn bounds(input: &DeriveInput, parts: Option<&[Part]>) -> Generics {
    let mut generics = input.generics.clone();
    let Some(parts) = parts else {
        let name = &input.ident;
        let (_, type_generics, _) = input.generics.split_for_impl();
        let whole: Type = parse_quote!(#name #type_generics);
        let clause = generics.make_where_clause();
        clause.predicates.push(parse_quote!(#whole: 'static));
        return generics;
    };
    let parameters: Vec<_> = generics.type_params().map(|p| p.ident.clone()).collect();
    let clause = generics.make_where_clause();
    for part in parts {
        for leaf in &part.leaves {
            clause.predicates.push(parse_quote!(#leaf: 'static));
        }
    }
    if !parameters.is_empty() {
        // Of fields, not of parameters: one may stand in a `PhantomData` or a leaf only.
        for field in parts.iter().flat_map(|part| &part.traced) {
            let type_ = &field.type_;
            if mentions(type_, &parameters) {
                clause
                    .predicates
                    .push(parse_quote!(#type_: ::synodic_gc::Trace));
            }
        }
    }
    generics
}

/// Whether a type parameter stands in the type.
fn mentions(type_: &Type, parameters: &[syn::Ident]) -> bool {
    fn any(tokens: TokenStream, parameters: &[syn::Ident]) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Group(group) => any(group.stream(), parameters),
            proc_macro2::TokenTree::Ident(ident) => parameters.contains(&ident),
            _ => false,
        })
    }
    any(type_.to_token_stream(), parameters)
}

/// A `match` that calls `method` on every traced field.
fn body(parts: &[Part], method: &TokenStream, argument: &TokenStream) -> TokenStream {
    if parts.iter().all(|part| part.traced.is_empty()) {
        return TokenStream::new();
    }
    let arms = parts.iter().map(|part| {
        let pattern = &part.pattern;
        let calls = part.traced.iter().map(|field| {
            let (name, type_) = (&field.name, &field.type_);
            quote!(<#type_ as ::synodic_gc::Trace>::#method(#name, #argument);)
        });
        quote!(#pattern => { #(#calls)* })
    });
    quote! {
        match self {
            #(#arms)*
        }
    }
}
