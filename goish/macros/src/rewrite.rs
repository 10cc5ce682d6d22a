//! The rewriting of a goroutine's body.
//!
//! What runs as part of the body itself is rewritten: nested blocks, loops, arms, conditions, the
//! arguments of known macros, `select!`, `range!` loops, async blocks. What may run elsewhere is
//! not: closures, nested functions and other items, constants, and a nested `go!`, which rewrites
//! its own body. Operations there still work: they block, and hand their worker on.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprClosure, ExprConst, ExprForLoop, ExprMacro, ExprRepeat, Item, Pat, Path, Stmt,
    Type,
};

use crate::names::{Root, hidden};
use crate::{call, nested, range};

/// Rewrites the operations in a body so that they suspend the goroutine.
pub(crate) fn body(root: &Root, block: &mut Block) {
    Rewriter { root }.visit_block_mut(block);
}

/// The future of a rewritten body.
pub(crate) fn goroutine(root: &Root, body: &Block) -> TokenStream {
    let statements = &body.stmts;
    let span = hidden(Span::call_site());
    let scope = scope(root);
    quote_spanned!(span=> async move {
        #scope
        #(#statements)*
    })
}

/// A value that has the place of the macro's call in its type, so that nobody has to carry it.
pub(crate) fn place(root: &Root) -> TokenStream {
    let at = Span::call_site();
    let (runtime, span) = (root.runtime(at), hidden(at));
    quote_spanned!(span=> {
        struct Place;
        impl #runtime::Place for Place {
            const AT: ::core::option::Option<&'static ::core::primitive::str> =
                ::core::option::Option::Some(::core::concat!(::core::file!(), ":", ::core::line!()));
        }
        Place
    })
}

/// What rewritten operations need to have in scope.
pub(crate) fn scope(root: &Root) -> TokenStream {
    let at = Span::call_site();
    let runtime = root.runtime(at);
    quote_spanned!(hidden(at)=>
        #[allow(unused_imports)]
        use #runtime::{PickPlain as _, PickTarget as _, RangeIterator as _};
    )
}

/// Walks a body.
pub(crate) struct Rewriter<'a> {
    /// The path of the `goish` crate.
    pub(crate) root: &'a Root,
}

impl VisitMut for Rewriter<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        match expression {
            Expr::Macro(ExprMacro { mac, .. }) => {
                if let Some(tokens) = nested::rewrite(self, mac) {
                    *expression = call::rewritten(expression, tokens);
                }
                return;
            }
            Expr::ForLoop(each) if range::is_range(&each.expr) => {
                if let Some(tokens) = self.range_loop(each) {
                    *expression = Expr::Verbatim(tokens);
                    return;
                }
            }
            _ => {}
        }
        visit_mut::visit_expr_mut(self, expression);
        let tokens = match expression {
            Expr::MethodCall(method) => call::method(self.root, method),
            Expr::Call(function) => call::function(self.root, function),
            _ => None,
        };
        if let Some(tokens) = tokens {
            *expression = call::rewritten(expression, tokens);
        }
    }

    fn visit_stmt_mut(&mut self, statement: &mut Stmt) {
        if let Stmt::Macro(invocation) = statement {
            if let Some(tokens) = nested::rewrite(self, &mut invocation.mac) {
                let attributes = &invocation.attrs;
                let replaced = Expr::Verbatim(quote!(#(#attributes)* #tokens));
                *statement = Stmt::Expr(replaced, invocation.semi_token);
            }
            return;
        }
        visit_mut::visit_stmt_mut(self, statement);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        if closure.asyncness.is_some() {
            self.visit_expr_mut(&mut closure.body);
        }
    }

    fn visit_expr_repeat_mut(&mut self, repeat: &mut ExprRepeat) {
        self.visit_expr_mut(&mut repeat.expr);
    }

    fn visit_expr_const_mut(&mut self, _: &mut ExprConst) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}

    /// Of a pattern only the guard is code that runs.
    fn visit_pat_mut(&mut self, pattern: &mut Pat) {
        if let Pat::Guard(pattern) = pattern {
            self.visit_expr_mut(&mut pattern.guard);
        }
    }

    fn visit_path_mut(&mut self, _: &mut Path) {}
    fn visit_type_mut(&mut self, _: &mut Type) {}
}

impl Rewriter<'_> {
    fn range_loop(&mut self, each: &mut ExprForLoop) -> Option<TokenStream> {
        let Expr::Macro(over) = &*each.expr else {
            return None;
        };
        let mut over: range::Range = over.mac.parse_body().ok()?;
        self.visit_expr_mut(&mut over.over);
        self.visit_block_mut(&mut each.body);
        Some(range::suspending_loop(self.root, each, &over))
    }
}
