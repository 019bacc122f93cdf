//! The fields of a type, and what their attributes say.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, Fields, Ident, Type};

/// Whether `#[trace(static)]` is there. Nothing else is known.
pub(crate) fn is_static(attributes: &[Attribute]) -> syn::Result<bool> {
    let mut found = false;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("trace")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("static") {
                return Err(meta.error("only `static` is known here"));
            }
            found = true;
            Ok(())
        })?;
    }
    Ok(found)
}

/// Refuses attributes where they mean nothing.
pub(crate) fn refuse(attributes: &[Attribute]) -> syn::Result<()> {
    match attributes.iter().find(|a| a.path().is_ident("trace")) {
        Some(attribute) => Err(syn::Error::new_spanned(
            attribute,
            "`trace` stands on a type or on a field",
        )),
        None => Ok(()),
    }
}

/// A field that is traced.
pub(crate) struct Traced {
    /// What the pattern calls it.
    pub(crate) name: Ident,
    pub(crate) type_: Type,
}

/// A struct or a variant, taken apart.
pub(crate) struct Part {
    /// Matches it, binding every field that is traced.
    pub(crate) pattern: TokenStream,
    pub(crate) traced: Vec<Traced>,
    /// The types of the other fields.
    pub(crate) leaves: Vec<Type>,
}

impl Part {
    /// Takes `path { .. }` apart.
    pub(crate) fn new(path: TokenStream, fields: &Fields) -> syn::Result<Self> {
        let mut bindings = Vec::new();
        let mut traced = Vec::new();
        let mut leaves = Vec::new();
        for (index, field) in fields.iter().enumerate() {
            let member = match &field.ident {
                Some(name) => name.to_token_stream(),
                None => syn::Index::from(index).to_token_stream(),
            };
            if is_static(&field.attrs)? {
                bindings.push(quote!(#member: _));
                leaves.push(field.ty.clone());
            } else {
                let name = format_ident!("field{index}");
                bindings.push(quote!(#member: #name));
                traced.push(Traced {
                    name,
                    type_: field.ty.clone(),
                });
            }
        }
        Ok(Self {
            pattern: quote!(#path { #(#bindings),* }),
            traced,
            leaves,
        })
    }
}
