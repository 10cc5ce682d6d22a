//! The rewriting of a goroutine's body.
//!
//! What runs as part of the body itself is rewritten: nested blocks, loops, arms, conditions, the
//! arguments of known macros, `select!`, `range!` loops, async blocks. What may run elsewhere is
//! not: closures, nested functions and other items, constants, and a nested `go!`, which rewrites
//! its own body. Operations there still work: they block, and hand their worker on.

use std::mem::take;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, Expr, ExprClosure, ExprConst, ExprForLoop, ExprMacro, ExprRepeat, Item, Pat,
    Path, Stmt, Type,
};

use crate::awaited::{self, How};
use crate::names::{Root, hidden};
use crate::select::Mode;
use crate::{call, nested, range};

/// Rewrites the operations and the calls in a body so that they suspend the goroutine.
pub(crate) fn body(root: &Root, block: &mut Block) {
    Rewriter::new(root, None, Mode::Suspending).visit_block_mut(block);
}

/// Has the calls in a body waited for that runs where nothing can be suspended. Operations block
/// there by themselves.
pub(crate) fn blocking(root: &Root, block: &mut Block) {
    Rewriter::new(root, None, Mode::Blocking).visit_block_mut(block);
}

/// The same for a function of that name, which may call itself.
pub(crate) fn function(root: &Root, name: &Ident, block: &mut Block) {
    Rewriter::new(root, Some(name), Mode::Suspending).visit_block_mut(block);
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
        use #runtime::{
            PickCall as _, PickFuture as _, PickOther as _, PickOtherValue as _, PickPlain as _,
            PickReturned as _, PickTarget as _, PickValue as _, RangeIterator as _,
        };
    )
}

/// Walks a body.
pub(crate) struct Rewriter<'a> {
    /// The path of the `goish` crate.
    pub(crate) root: &'a Root,
    /// The function whose body it is.
    function: Option<&'a Ident>,
    /// What becomes of operations and calls.
    pub(crate) mode: Mode,
    /// Whether the next expression is a statement.
    is_statement: bool,
}

impl VisitMut for Rewriter<'_> {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        let is_statement = take(&mut self.is_statement);
        match expression {
            Expr::Macro(ExprMacro { mac, .. }) => {
                if let Some(tokens) = nested::rewrite(self, mac) {
                    *expression = call::rewritten(expression, tokens);
                }
            }
            Expr::ForLoop(each) if range::is_range(&each.expr) => match self.range_loop(each) {
                Some(tokens) => *expression = Expr::Verbatim(tokens),
                None => visit_mut::visit_expr_mut(self, expression),
            },
            Expr::MethodCall(_) | Expr::Call(_) => self.call(expression, is_statement),
            Expr::Await(wait) => self.awaited(&mut wait.base),
            Expr::Assign(assignment) => {
                self.target(&mut assignment.left);
                self.visit_expr_mut(&mut assignment.right);
            }
            _ => visit_mut::visit_expr_mut(self, expression),
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
        self.is_statement = matches!(statement, Stmt::Expr(_, Some(_)));
        visit_mut::visit_stmt_mut(self, statement);
        self.is_statement = false;
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

impl<'a> Rewriter<'a> {
    fn new(root: &'a Root, function: Option<&'a Ident>, mode: Mode) -> Self {
        Self {
            root,
            function,
            mode,
            is_statement: false,
        }
    }

    /// A call: of an operation, or of a function that may be a suspending one.
    fn call(&mut self, expression: &mut Expr, is_statement: bool) {
        let (attributes, is_value) = take_attributes(expression);
        let at = expression.span();
        visit_mut::visit_expr_mut(self, expression);
        let how = self.how(expression);
        let plain = |call: TokenStream| {
            if is_value {
                awaited::value(self.root, &call, at)
            } else {
                awaited::call(self.root, &call, at, how)
            }
        };
        let tokens = match self.operation(expression, &plain) {
            Some(operation) => call::parenthesised(operation, at),
            None if is_value || may_suspend(expression) => {
                let call = plain(expression.to_token_stream());
                if is_statement {
                    call
                } else {
                    call::parenthesised(call, at)
                }
            }
            None => expression.to_token_stream(),
        };
        *expression = Expr::Verbatim(quote!(#(#attributes)* #tokens));
    }

    /// A call of the function itself needs a future of its own.
    fn how(&self, expression: &Expr) -> How {
        let called = match expression {
            Expr::Call(call) => match &*call.func {
                Expr::Path(path) => path.path.segments.last().map(|last| &last.ident),
                _ => None,
            },
            Expr::MethodCall(call) => Some(&call.method),
            _ => None,
        };
        if self.mode == Mode::Blocking {
            How::Blocking
        } else if called.is_some() && called == self.function {
            How::Boxed
        } else {
            How::InPlace
        }
    }

    fn operation(
        &self,
        expression: &Expr,
        plain: &dyn Fn(TokenStream) -> TokenStream,
    ) -> Option<TokenStream> {
        if self.mode == Mode::Blocking {
            return None;
        }
        match expression {
            Expr::MethodCall(method) => call::method(self.root, method, plain),
            Expr::Call(function) => call::function(self.root, function, plain),
            _ => None,
        }
    }

    /// What the user awaits: an operation may be a function of the user's own, which gives a future.
    fn awaited(&mut self, base: &mut Expr) {
        match base {
            Expr::Paren(inner) => self.awaited(&mut inner.expr),
            Expr::Group(inner) => self.awaited(&mut inner.expr),
            Expr::MethodCall(_) | Expr::Call(_) => {
                visit_mut::visit_expr_mut(self, base);
                if let Some(operation) = self.operation(base, &|call| call) {
                    *base = call::rewritten(base, operation);
                }
            }
            _ => self.visit_expr_mut(base),
        }
    }

    /// What is assigned to. Several at once stand there as a pattern would, and are no calls.
    fn target(&mut self, target: &mut Expr) {
        if !matches!(
            target,
            Expr::Array(_) | Expr::Call(_) | Expr::Struct(_) | Expr::Tuple(_)
        ) {
            self.visit_expr_mut(target);
        }
    }

    fn range_loop(&mut self, each: &mut ExprForLoop) -> Option<TokenStream> {
        let Expr::Macro(over) = &*each.expr else {
            return None;
        };
        if self.mode == Mode::Blocking {
            return None;
        }
        let mut over: range::Range = over.mac.parse_body().ok()?;
        self.visit_expr_mut(&mut over.over);
        self.visit_block_mut(&mut each.body);
        Some(range::suspending_loop(self.root, each, &over))
    }
}

fn may_suspend(expression: &Expr) -> bool {
    match expression {
        Expr::MethodCall(call) => awaited::may_be_method(call),
        Expr::Call(call) => awaited::may_be_call(call),
        _ => false,
    }
}

/// A call's attributes, and whether it gives the body's value.
fn take_attributes(expression: &mut Expr) -> (Vec<Attribute>, bool) {
    let mut attributes = match expression {
        Expr::MethodCall(call) => take(&mut call.attrs),
        Expr::Call(call) => take(&mut call.attrs),
        _ => Vec::new(),
    };
    let is_value = awaited::take_mark(&mut attributes);
    (attributes, is_value)
}
