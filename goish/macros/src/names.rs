//! Names in generated code.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};

/// The path of the `goish` crate, as its user knows it.
#[derive(Clone)]
pub(crate) struct Root(TokenStream);

impl Root {
    /// The name that the package itself has.
    pub(crate) fn by_default() -> Self {
        Self(quote!(::goish))
    }

    /// A path that the user wrote.
    pub(crate) fn at(path: &syn::Path) -> Self {
        Self(path.to_token_stream())
    }

    /// The path itself.
    pub(crate) fn path(&self) -> TokenStream {
        self.0.clone()
    }

    /// The module that generated code works with, reported at the user's tokens.
    pub(crate) fn runtime(&self, at: Span) -> TokenStream {
        let root = self.0.clone().into_iter().map(|mut token| {
            token.set_span(token.span().located_at(at));
            token
        });
        let root: TokenStream = root.collect();
        quote_spanned!(hidden(at)=> #root::__rt)
    }
}

impl Parse for Root {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let path;
        syn::parenthesized!(path in input);
        Ok(Self(path.parse()?))
    }
}

/// A span for generated tokens: reported at the user's tokens, but with local names of our own.
pub(crate) fn hidden(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// A local variable that the user's code cannot see.
pub(crate) fn local(name: &str, at: Span) -> Ident {
    Ident::new(name, hidden(at))
}
