//! `range!`, and loops over it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, ExprForLoop, Lit};

use crate::names::{Root, hidden, local};

/// The argument of `range!`.
pub(crate) struct Range {
    /// What to iterate over.
    pub(crate) over: Expr,
}

impl Parse for Range {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.is_empty() {
            return Err(input.error("range! needs what to iterate over, as in `range!(channel)`"));
        }
        let over = input.parse()?;
        if !input.is_empty() {
            return Err(input.error("range! takes one value, as in `range!(channel)`"));
        }
        Ok(Self { over })
    }
}

impl Range {
    /// Go's `range 10` counts in `int`.
    fn value(&self, root: &Root) -> TokenStream {
        let over = &self.over;
        match over {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Int(number) if number.suffix().is_empty() => {
                    let runtime = root.runtime(over.span());
                    quote!((#over as #runtime::int))
                }
                _ => quote!(#over),
            },
            _ => quote!(#over),
        }
    }
}

/// Whether an expression is an invocation of `range!`.
pub(crate) fn is_range(expression: &Expr) -> bool {
    let Expr::Macro(invocation) = expression else {
        return false;
    };
    let path = &invocation.mac.path.segments;
    let named = path.last().is_some_and(|last| last.ident == "range");
    named && (path.len() == 1 || path.len() == 2 && path[0].ident == "goish")
}

/// An iterator that blocks.
pub(crate) fn blocking(root: &Root, range: &Range) -> TokenStream {
    let (runtime, value) = (root.runtime(range.over.span()), range.value(root));
    let span = hidden(range.over.span());
    quote_spanned!(span=> #runtime::range(&(#value)))
}

/// A loop that suspends the goroutine where the iterator would block it.
pub(crate) fn suspending_loop(root: &Root, each: &ExprForLoop, range: &Range) -> TokenStream {
    let ExprForLoop {
        attrs,
        label,
        pat,
        body,
        ..
    } = each;
    let (iterator, statements) = (blocking(root, range), &body.stmts);
    let at = each.for_token.span;
    let (span, name) = (hidden(at), local("iterator", at));
    quote_spanned!(span=>
        #(#attrs)*
        match #iterator {
            mut #name => #label loop {
                let #pat = match (if #name.is_plain() {
                    ::core::iter::Iterator::next(&mut #name)
                } else {
                    #[allow(unreachable_code)]
                    {
                        #name.next_suspending().await
                    }
                }) {
                    ::core::option::Option::Some(item) => item,
                    ::core::option::Option::None => break,
                };
                #(#statements)*
            },
        }
    )
}
