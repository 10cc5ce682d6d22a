//! `#[goish::main]` and `defer!`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, Item, parse_quote};

use crate::names::{Root, hidden, local};
use crate::{go_fn, rewrite};

/// Makes a program's first function its first goroutine.
pub(crate) fn expand(root: &Root, item: Item) -> syn::Result<TokenStream> {
    let Item::Fn(mut function) = item else {
        let message = "#[goish::main] goes on the function `main`";
        return Err(syn::Error::new(item.span(), message));
    };
    if let Some(parameter) = function.sig.inputs.first() {
        let message =
            "`main` takes nothing: the arguments of the program are in `std::env::args()`";
        return Err(syn::Error::new(parameter.span(), message));
    }
    let output = go_fn::output(&function.sig);
    rewrite::body(root, &mut function.block);
    let (scope, runtime) = (
        rewrite::scope(root),
        root.runtime(function.sig.ident.span()),
    );
    let (typed, value) = go_fn::typed(&output, &function.block.stmts);
    let span = hidden(function.sig.ident.span());
    let body = quote_spanned!(span=> {
        #runtime::main(async move {
            #typed
            #scope
            #value
        })
    });
    function.sig.asyncness = None;
    function.sig.output = parse_quote!(-> ::std::process::ExitCode);
    *function.block = parse_quote!(#body);
    Ok(function.into_token_stream())
}

/// A variable whose end runs the body.
pub(crate) fn defer(root: &Root, body: &Block) -> TokenStream {
    let at = Span::call_site();
    let (span, runtime) = (hidden(at), root.runtime(at));
    let (name, statements) = (local("_deferred", at), &body.stmts);
    let scope = rewrite::scope(root);
    quote_spanned!(span=> let #name = #runtime::defer(|| {
        #scope
        #(#statements)*
    });)
}
