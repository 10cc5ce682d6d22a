//! `#[go_fn]`: an async function whose body reads like a goroutine's.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Block, ItemFn, Stmt, Token};

use crate::names::Root;
use crate::rewrite;

/// The arguments of the attribute: none, or `crate = path`.
pub(crate) struct Arguments {
    /// The path of the `goish` crate.
    pub(crate) root: Root,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self {
                root: Root::by_default(),
            });
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let path = input.call(syn::Path::parse_mod_style)?;
        Ok(Self {
            root: Root::at(&path),
        })
    }
}

/// Rewrites the body of an async function.
pub(crate) fn expand(root: &Root, mut function: ItemFn) -> syn::Result<TokenStream> {
    if function.sig.asyncness.is_none() {
        return Err(syn::Error::new(
            function.sig.fn_token.span,
            "#[go_fn] suspends instead of blocking, so the function must be async: \
             write `async fn`, and call it with `.await`",
        ));
    }
    rewrite::body(root, &mut function.block);
    let scope = rewrite::scope(root);
    let Block { stmts, .. } = &*function.block;
    let body: TokenStream = stmts.iter().map(Stmt::to_token_stream).collect();
    let (attributes, visibility, signature) = (&function.attrs, &function.vis, &function.sig);
    Ok(quote! {
        #(#attributes)*
        #visibility #signature {
            #scope
            #body
        }
    })
}
