//! Macros inside a goroutine's body.
//!
//! A macro's arguments are tokens without a meaning until the macro gives them one. Of the
//! standard library's macros, and of our own, that is known.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit_mut::VisitMut;
use syn::{Expr, Macro, Token};

use crate::rewrite::Rewriter;
use crate::select::{self, Select};

/// Rewrites the operations among a macro's arguments. Tokens come back when the macro is replaced.
pub(crate) fn rewrite(rewriter: &mut Rewriter<'_>, invocation: &mut Macro) -> Option<TokenStream> {
    let name = invocation.path.segments.last()?.ident.to_string();
    if name == "select" {
        return select(rewriter, invocation);
    }
    let rewritten = match arguments_of(&name)? {
        Arguments::List => list(rewriter, &invocation.tokens),
        Arguments::ListOrRepeat => {
            repeat(rewriter, &invocation.tokens).or_else(|| list(rewriter, &invocation.tokens))
        }
        Arguments::First => first(rewriter, &invocation.tokens),
    };
    if let Some(tokens) = rewritten {
        invocation.tokens = tokens;
    }
    None
}

enum Arguments {
    /// Expressions, perhaps with names (`name = value`), between commas.
    List,
    /// The same, or `value; length`.
    ListOrRepeat,
    /// An expression, a comma, and something else.
    First,
}

fn arguments_of(name: &str) -> Option<Arguments> {
    Some(match name {
        "assert" | "assert_eq" | "assert_ne" | "close" | "dbg" | "debug_assert"
        | "debug_assert_eq" | "debug_assert_ne" | "eprint" | "eprintln" | "format"
        | "format_args" | "panic" | "print" | "println" | "range" | "todo" | "unimplemented"
        | "unreachable" | "write" | "writeln" => Arguments::List,
        "vec" => Arguments::ListOrRepeat,
        "matches" => Arguments::First,
        _ => return None,
    })
}

fn list(rewriter: &mut Rewriter<'_>, tokens: &TokenStream) -> Option<TokenStream> {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let mut arguments = parser.parse2(tokens.clone()).ok()?;
    for argument in &mut arguments {
        rewriter.visit_expr_mut(argument);
    }
    Some(arguments.into_token_stream())
}

fn repeat(rewriter: &mut Rewriter<'_>, tokens: &TokenStream) -> Option<TokenStream> {
    let parser = |input: ParseStream| {
        let value: Expr = input.parse()?;
        Ok((value, input.parse::<Token![;]>()?, input.parse::<Expr>()?))
    };
    let (mut value, semicolon, mut length) = parser.parse2(tokens.clone()).ok()?;
    rewriter.visit_expr_mut(&mut value);
    rewriter.visit_expr_mut(&mut length);
    Some(quote!(#value #semicolon #length))
}

fn first(rewriter: &mut Rewriter<'_>, tokens: &TokenStream) -> Option<TokenStream> {
    let parser = |input: ParseStream| {
        let value: Expr = input.parse()?;
        let comma: Token![,] = input.parse()?;
        Ok((value, comma, input.parse::<TokenStream>()?))
    };
    let (mut value, comma, rest) = parser.parse2(tokens.clone()).ok()?;
    rewriter.visit_expr_mut(&mut value);
    Some(quote!(#value #comma #rest))
}

/// Only our own `select!` is replaced, by whatever path it is named, and only when it has our
/// form. Any other stays as it is, and so does ours with a mistake in it: it will say so itself.
fn select(rewriter: &mut Rewriter<'_>, invocation: &Macro) -> Option<TokenStream> {
    let path = &invocation.path.segments;
    let ours = path.len() == 1 || path.len() == 2 && path[0].ident == "goish";
    if !ours {
        return None;
    }
    let mut select = Select::parse.parse2(invocation.tokens.clone()).ok()?;
    select.visit(|expression| rewriter.visit_expr_mut(expression));
    Some(select::expand(rewriter.root, &select, rewriter.mode))
}
