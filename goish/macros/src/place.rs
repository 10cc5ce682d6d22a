//! What a method is called on.
//!
//! A rewritten operation names its receiver several times: to ask what it is, and for the call
//! itself. That is right for a place (a variable, a field of it, an element), because naming a
//! place does nothing. Whatever does something when it is evaluated is bound to a variable first.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, UnOp};

use crate::names::{hidden, local};

/// How the value that a receiver is made of is kept while the operation runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Owned, so that a method may take it by value.
    Value,
    /// Borrowed until the end of the statement, so that what the method returns may borrow it.
    Borrow,
}

/// A receiver that can be named more than once.
pub(crate) struct Place {
    /// How to name it.
    pub(crate) tokens: TokenStream,
    bindings: Vec<Binding>,
}

struct Binding {
    name: proc_macro2::Ident,
    value: TokenStream,
    keep: Keep,
    span: Span,
}

impl Place {
    /// Takes a receiver apart.
    pub(crate) fn of(receiver: &Expr, keep: Keep) -> Self {
        let mut bindings = Vec::new();
        let tokens = split(receiver, keep, &mut bindings);
        Self { tokens, bindings }
    }

    /// Whether naming it evaluates nothing.
    pub(crate) fn is_bare(&self) -> bool {
        self.bindings.is_empty()
    }

    /// Puts code that names the place inside whatever binds the parts of the place.
    pub(crate) fn bind(&self, inner: TokenStream) -> TokenStream {
        self.bindings.iter().rev().fold(inner, |inner, binding| {
            let Binding { name, value, .. } = binding;
            let span = hidden(binding.span);
            match binding.keep {
                Keep::Value => quote_spanned!(span=> match #value {
                    #[allow(unused_mut)]
                    mut #name => #inner
                }),
                Keep::Borrow => quote_spanned!(span=> match &mut #value { #name => #inner }),
            }
        })
    }
}

fn split(expression: &Expr, keep: Keep, bindings: &mut Vec<Binding>) -> TokenStream {
    match expression {
        Expr::Path(_) | Expr::Lit(_) => expression.to_token_stream(),
        Expr::Paren(inner) => {
            let inner = split(&inner.expr, keep, bindings);
            parenthesised(expression, inner)
        }
        Expr::Group(inner) => split(&inner.expr, keep, bindings),
        Expr::Field(field) => {
            let base = split(&field.base, keep, bindings);
            let (dot, member) = (&field.dot_token, &field.member);
            quote!(#base #dot #member)
        }
        Expr::Index(index) => {
            let base = split(&index.expr, keep, bindings);
            let at = if is_inert(&index.index) {
                index.index.to_token_stream()
            } else {
                bind(&index.index, Keep::Value, bindings)
            };
            quote!(#base [#at])
        }
        Expr::Reference(reference) => {
            let inner = split(&reference.expr, keep, bindings);
            let (and, mutability) = (&reference.and_token, &reference.mutability);
            quote!((#and #mutability #inner))
        }
        Expr::Unary(unary) if matches!(unary.op, UnOp::Deref(_)) => {
            let (star, inner) = (&unary.op, split(&unary.expr, keep, bindings));
            quote!((#star #inner))
        }
        _ => bind(expression, keep, bindings),
    }
}

fn parenthesised(at: &Expr, inner: TokenStream) -> TokenStream {
    let span = hidden(at.span());
    quote_spanned!(span=> (#inner))
}

fn bind(value: &Expr, keep: Keep, bindings: &mut Vec<Binding>) -> TokenStream {
    let span = value.span();
    let name = local(&format!("part{}", bindings.len()), span);
    bindings.push(Binding {
        name: name.clone(),
        value: value.to_token_stream(),
        keep,
        span,
    });
    match keep {
        Keep::Value => name.into_token_stream(),
        Keep::Borrow => quote_spanned!(hidden(span)=> (*#name)),
    }
}

/// Whether evaluating it twice is the same as evaluating it once.
fn is_inert(expression: &Expr) -> bool {
    match expression {
        Expr::Lit(ExprLit { .. }) | Expr::Path(_) => true,
        Expr::Paren(inner) => is_inert(&inner.expr),
        Expr::Group(inner) => is_inert(&inner.expr),
        Expr::Field(field) => is_inert(&field.base),
        Expr::Cast(cast) => is_inert(&cast.expr),
        Expr::Unary(unary) => is_inert(&unary.expr),
        Expr::Binary(binary) => is_inert(&binary.left) && is_inert(&binary.right),
        _ => false,
    }
}
