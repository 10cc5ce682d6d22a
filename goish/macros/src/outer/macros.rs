//! Variables in the arguments of macros that are known. Of any other macro nothing is known: what
//! only such a macro names moves into the body as it does without `go!`.

use proc_macro2::TokenStream;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{Block, Expr, Lit, Macro, Pat, Token};

use super::format;
use super::walk::Walk;
use crate::select::Select;

/// Walks the arguments of a macro.
pub(super) fn walk(walk: &mut Walk, invocation: &Macro) {
    let Some(last) = invocation.path.segments.last() else {
        return;
    };
    let tokens = &invocation.tokens;
    match last.ident.to_string().as_str() {
        "go" | "defer" => body(walk, tokens),
        "select" if is_ours(invocation) => select(walk, tokens),
        "format" | "format_args" | "print" | "println" | "eprint" | "eprintln" | "panic"
        | "todo" | "unimplemented" | "unreachable" => arguments(walk, tokens, Some(0)),
        "write" | "writeln" | "assert" | "debug_assert" => arguments(walk, tokens, Some(1)),
        "assert_eq" | "assert_ne" | "debug_assert_eq" | "debug_assert_ne" => {
            arguments(walk, tokens, Some(2));
        }
        "close" | "range" | "dbg" => arguments(walk, tokens, None),
        "vec" if repeat(walk, tokens).is_none() => arguments(walk, tokens, None),
        "matches" => matches(walk, tokens),
        "chan" => channel(walk, tokens),
        _ => {}
    }
}

fn is_ours(invocation: &Macro) -> bool {
    let path = &invocation.path.segments;
    path.len() == 1 || path.len() == 2 && path[0].ident == "goish"
}

fn body(walk: &mut Walk, tokens: &TokenStream) {
    if let Ok(statements) = Block::parse_within.parse2(tokens.clone()) {
        walk.statements(&statements);
    }
}

fn select(walk: &mut Walk, tokens: &TokenStream) {
    let Ok(select) = Select::parse.parse2(tokens.clone()) else {
        return;
    };
    for operand in select.operands() {
        walk.visit_expr(operand);
    }
    for (patterns, body) in select.bodies() {
        walk.in_scope(|walk| {
            patterns
                .into_iter()
                .for_each(|pattern| walk.declare(pattern));
            walk.visit_expr(body);
        });
    }
}

/// Expressions between commas, some perhaps with names, of which one may be a format string.
fn arguments(walk: &mut Walk, tokens: &TokenStream, format: Option<usize>) {
    let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
    let Ok(arguments) = parser.parse2(tokens.clone()) else {
        return;
    };
    let mut named = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        match argument {
            Expr::Assign(name) if format.is_some_and(|format| at > format) => {
                if let Expr::Path(name) = &*name.left {
                    named.extend(name.path.get_ident());
                }
                walk.visit_expr(&name.right);
            }
            _ => walk.visit_expr(argument),
        }
    }
    let Some(Expr::Lit(literal)) = format.and_then(|format| arguments.get(format)) else {
        return;
    };
    let Lit::Str(text) = &literal.lit else {
        return;
    };
    for name in format::names(&text.value(), text.span()) {
        if !named.contains(&&name) {
            walk.mention(&name);
        }
    }
}

fn repeat(walk: &mut Walk, tokens: &TokenStream) -> Option<()> {
    let parser = |input: ParseStream| {
        let value: Expr = input.parse()?;
        input.parse::<Token![;]>()?;
        Ok((value, input.parse::<Expr>()?))
    };
    let (value, length) = parser.parse2(tokens.clone()).ok()?;
    walk.visit_expr(&value);
    walk.visit_expr(&length);
    Some(())
}

fn matches(walk: &mut Walk, tokens: &TokenStream) {
    let parser = |input: ParseStream| {
        let value: Expr = input.parse()?;
        input.parse::<Token![,]>()?;
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        let guard = if input.peek(Token![if]) {
            input.parse::<Token![if]>()?;
            Some(input.parse::<Expr>()?)
        } else {
            None
        };
        input.parse::<Option<Token![,]>>()?;
        Ok((value, pattern, guard))
    };
    let Ok((value, pattern, guard)) = parser.parse2(tokens.clone()) else {
        return;
    };
    walk.in_scope(|walk| {
        walk.matched(&value, &pattern);
        walk.declare(&pattern);
        guard.iter().for_each(|guard| walk.visit_expr(guard));
    });
}

fn channel(walk: &mut Walk, tokens: &TokenStream) {
    let parser = |input: ParseStream| {
        input.parse::<syn::Type>()?;
        input.parse::<Token![,]>()?;
        let capacity: Expr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok(capacity)
    };
    if let Ok(capacity) = parser.parse2(tokens.clone()) {
        walk.visit_expr(&capacity);
    }
}
