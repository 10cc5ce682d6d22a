//! Calls that are awaited by themselves, and values of bodies.
//!
//! A macro does not know which functions are `#[go_fn]`. So each call stands as the user wrote it,
//! and what it gave is asked what it is, by type: a `Call` is awaited, anything else goes on. As
//! with [operations](crate::call), the compiler sees that nothing else is suspended.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;
use syn::{
    Attribute, Expr, ExprAsync, ExprCall, ExprClosure, ExprMethodCall, ExprReturn, Item,
    PathArguments,
};

use crate::names::{Root, hidden, local};

/// Whether a call of a function may be a suspending one, by its name. Of what std gives, nothing is,
/// and some of it needs to know what is expected of it: `Box::new` what it is coerced to.
pub(crate) fn may_be_call(call: &ExprCall) -> bool {
    let Expr::Path(path) = &*call.func else {
        return true;
    };
    let segments = &path.path.segments;
    let (Some(first), Some(last)) = (segments.first(), segments.last()) else {
        return true;
    };
    let of_std = segments.len() > 1 && ["std", "core", "alloc"].iter().any(|it| first.ident == it);
    let owner = segments.len().checked_sub(2).map(|at| &segments[at].ident);
    let of_type = owner.is_some_and(|owner| STD_TYPES.iter().any(|it| owner == it));
    let is_known = segments.len() == 1 && STD_FUNCTIONS.iter().any(|it| last.ident == it);
    !(of_std || of_type || is_known)
}

const STD_FUNCTIONS: &[&str] = &["Err", "None", "Ok", "Some", "drop"];

const STD_TYPES: &[&str] = &[
    "Arc", "BTreeMap", "BTreeSet", "Box", "Cell", "Chan", "Default", "From", "HashMap", "HashSet",
    "Iterator", "Pin", "Rc", "RefCell", "String", "Vec", "VecDeque",
];

/// The same for a method.
pub(crate) fn may_be_method(call: &ExprMethodCall) -> bool {
    !STD_METHODS.iter().any(|known| call.method == known)
}

/// Methods of std's types that nobody would give a function that suspends.
const STD_METHODS: &[&str] = &[
    "abs",
    "and_then",
    "as_bytes",
    "as_deref",
    "as_mut",
    "as_ref",
    "as_slice",
    "as_str",
    "borrow",
    "borrow_mut",
    "chain",
    "chars",
    "cloned",
    "clone",
    "collect",
    "concat",
    "contains",
    "copied",
    "ends_with",
    "enumerate",
    "err",
    "expect",
    "expect_err",
    "extend",
    "fetch_add",
    "fetch_sub",
    "filter",
    "filter_map",
    "find",
    "flatten",
    "fold",
    "into",
    "into_iter",
    "is_empty",
    "is_err",
    "is_none",
    "is_ok",
    "is_some",
    "iter",
    "iter_mut",
    "join",
    "keys",
    "len",
    "lines",
    "load",
    "map",
    "map_err",
    "map_or",
    "map_or_else",
    "max",
    "min",
    "ok",
    "ok_or",
    "ok_or_else",
    "parse",
    "position",
    "product",
    "push",
    "push_str",
    "repeat",
    "rev",
    "skip",
    "sort",
    "sort_by",
    "split",
    "split_whitespace",
    "starts_with",
    "store",
    "sum",
    "swap",
    "to_owned",
    "to_string",
    "to_vec",
    "trim",
    "try_into",
    "unwrap",
    "unwrap_err",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "values",
    "windows",
    "with_capacity",
    "zip",
];

/// Whether what a call gives may depend on what is expected of it. Before that is known, it cannot
/// be asked what it is.
fn may_be_unknown(expression: &Expr) -> bool {
    match expression {
        Expr::MethodCall(call) => !may_be_method(call) || call.turbofish.is_some(),
        Expr::Call(call) => {
            let Expr::Path(path) = &*call.func else {
                return false;
            };
            let last = path.path.segments.last();
            !may_be_call(call)
                || last.is_some_and(|last| {
                    last.ident == "default" || !matches!(last.arguments, PathArguments::None)
                })
        }
        _ => false,
    }
}

/// How a call is awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    InPlace,
    /// By the function that it calls: its future cannot hold itself.
    Boxed,
    /// Not at all: where nothing can be suspended, it is waited for.
    Blocking,
}

/// A call, with what it gives awaited where that is a `Call`.
pub(crate) fn call(root: &Root, call: &TokenStream, at: Span, how: How) -> TokenStream {
    awaited(root, call, at, "call", how)
}

/// The value of a body, awaited where it is a future.
pub(crate) fn value(root: &Root, value: &TokenStream, at: Span) -> TokenStream {
    awaited(root, value, at, "value", How::InPlace)
}

/// The `match` itself stands at the user's tokens as theirs, so that the compiler says of a value that
/// is not used what it would have said.
fn awaited(root: &Root, value: &TokenStream, at: Span, ask: &str, how: How) -> TokenStream {
    let (span, runtime) = (hidden(at), root.runtime(at));
    let (out, ask) = (local("out", at), Ident::new(ask, span));
    let pending = match how {
        How::InPlace => quote_spanned!(span=> kind.start(#out).await),
        How::Boxed => quote_spanned!(span=> kind.start_boxed(#out).await),
        // The location of what blocks is the user's.
        How::Blocking => {
            let wait = quote_spanned!(at=> .wait);
            quote_spanned!(span=> kind #wait (#out))
        }
    };
    let arms = quote_spanned!(span=>
        #[allow(unreachable_code, clippy::diverging_sub_expression)]
        #out => {
            let asked = #runtime::Asked::new();
            let #out = asked.of(#out);
            let kind = (&&asked).#ask();
            if kind.is_plain() {
                kind.value(#out)
            } else {
                #pending
            }
        }
    );
    quote_spanned!(at=> match #value { #arms })
}

/// The attribute that marks an expression as a value of a body, until it is rewritten.
const MARK: &str = "goish_value";

/// Marks where a body's value comes from: its last expression, which may be that of a branch.
pub(crate) fn mark_values(root: &Root, block: &mut syn::Block) {
    if let Some(syn::Stmt::Expr(last, None)) = block.stmts.last_mut() {
        mark(root, last);
    }
}

/// Marks a value, or each that it may be.
pub(crate) fn mark(root: &Root, expression: &mut Expr) {
    if may_be_unknown(expression) {
        return;
    }
    match expression {
        Expr::Block(block) => mark_values(root, &mut block.block),
        Expr::Unsafe(block) => mark_values(root, &mut block.block),
        Expr::Paren(inner) => mark(root, &mut inner.expr),
        Expr::If(branch) => {
            mark_values(root, &mut branch.then_branch);
            if let Some((_, otherwise)) = &mut branch.else_branch {
                mark(root, otherwise);
            }
        }
        Expr::Match(choice) => {
            for arm in &mut choice.arms {
                mark(root, &mut arm.body);
            }
        }
        Expr::Call(call) => call.attrs.push(attribute()),
        Expr::MethodCall(call) => call.attrs.push(attribute()),
        Expr::Async(_) => *expression = syn::parse_quote!(#expression.await),
        Expr::Path(_) | Expr::Field(_) if is_variable(expression) => {
            let span = expression.span();
            let value = value(root, &expression.to_token_stream(), span);
            *expression = Expr::Verbatim(value);
        }
        _ => {}
    }
}

fn attribute() -> Attribute {
    let mark = Ident::new(MARK, Span::call_site());
    syn::parse_quote!(#[#mark])
}

/// Takes the mark off.
pub(crate) fn take_mark(attributes: &mut Vec<Attribute>) -> bool {
    let before = attributes.len();
    attributes.retain(|attribute| !attribute.path().is_ident(MARK));
    attributes.len() < before
}

/// A variable, or a field of one.
fn is_variable(expression: &Expr) -> bool {
    match expression {
        Expr::Path(path) => path.path.get_ident().is_some_and(|name| {
            let text = name.to_string();
            !text.contains(char::is_uppercase)
        }),
        Expr::Field(field) => is_variable(&field.base),
        _ => false,
    }
}

/// Marks what a body returns early.
pub(crate) struct Returned<'a>(pub(crate) &'a Root);

impl VisitMut for Returned<'_> {
    fn visit_expr_return_mut(&mut self, early: &mut ExprReturn) {
        if let Some(value) = &mut early.expr {
            self.visit_expr_mut(value);
            mark(self.0, value);
        }
    }

    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}
