//! The procedural macros of goish: `go!`, `select!`, `range!` and `#[go_fn]`.
//!
//! Use them through the `goish` crate, whose documentation describes them. Each function-like
//! macro takes the path of that crate in parentheses in front of the user's tokens, so that it
//! works under whatever name the user knows the crate.

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as Tokens};
use syn::parse::{Parse, ParseStream, Parser};
use syn::visit_mut::VisitMut;
use syn::{Block, parse_macro_input};

mod awaited;
mod call;
mod capture;
mod case;
mod go_fn;
mod handle;
mod names;
mod nested;
mod outer;
mod place;
mod range;
mod rewrite;
mod select;

use names::Root;

/// `go!{ … }`: spawns a goroutine.
#[proc_macro]
pub fn go(input: TokenStream) -> TokenStream {
    expand(input, |root, input| {
        let brace_token = syn::token::Brace(Span::call_site());
        let mut body = Block {
            brace_token,
            stmts: input.call(Block::parse_within)?,
        };
        if let Some(syn::Stmt::Expr(closure @ syn::Expr::Closure(_), None)) = body.stmts.last() {
            return Err(syn::Error::new_spanned(
                closure,
                "a goroutine's body is its statements, not a closure: write `go! { f(x); }`",
            ));
        }
        let outer = outer::of_body(&body);
        awaited::mark_values(&root, &mut body);
        awaited::Returned(&root).visit_block_mut(&mut body);
        rewrite::body(&root, &mut body);
        Ok(capture::spawn(
            &root,
            &outer,
            &rewrite::goroutine(&root, &body),
        ))
    })
}

/// `select!{ … }`: waits on several channel operations, outside `go!`.
#[proc_macro]
pub fn select(input: TokenStream) -> TokenStream {
    expand(input, |root, input| {
        let select = select::Select::parse(input)?;
        Ok(select::expand(&root, &select, select::Mode::Blocking))
    })
}

/// `range!(x)`: iterates as Go's `range` does.
#[proc_macro]
pub fn range(input: TokenStream) -> TokenStream {
    expand(input, |root, input| {
        let over = range::Range::parse(input)?;
        Ok(range::blocking(&root, &over))
    })
}

/// An async function whose body reads like the body of `go!`: operations in it suspend.
///
/// It is the cheaper spelling of a plain function that does channel operations, which would block
/// and hand its worker on. It is called with `.await`, from `go!` or from any async code.
///
/// ```ignore
/// #[go_fn]
/// async fn worker(jobs: Chan<int>, results: Chan<int>) {
///     for job in range!(jobs) {
///         results.Send(job * job);
///     }
/// }
///
/// go! { worker(jobs, results).await };
/// ```
///
/// Where the `goish` crate goes by another name, say which: `#[go_fn(crate = name)]`.
#[proc_macro_attribute]
pub fn go_fn(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let root = parse_macro_input!(arguments as go_fn::Arguments).root;
    let item = parse_macro_input!(item as syn::Item);
    go_fn::expand(&root, item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Implements `goish::Handle` for a struct or an enum whose fields are handles: each is shared.
///
/// ```ignore
/// #[derive(Handle)]
/// struct Pool {
///     jobs: Chan<Job>,
///     done: sync::WaitGroup,
/// }
/// ```
///
/// Where the `goish` crate goes by another name, say which: `#[handle(crate = name)]`.
#[proc_macro_derive(Handle, attributes(handle))]
pub fn derive_handle(item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    handle::derive(&item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Parses the path of the `goish` crate, and hands what follows on.
fn expand(
    input: TokenStream,
    rest: impl FnOnce(Root, ParseStream) -> syn::Result<Tokens>,
) -> TokenStream {
    let parser = |input: ParseStream| {
        let root = Root::parse(input)?;
        rest(root, input)
    };
    parser
        .parse(input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
