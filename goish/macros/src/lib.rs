//! The procedural macros of goish: `go!`, `select!`, `range!`, `defer!`, `#[go_fn]`, `#[goish::main]`
//! and `#[derive(Handle)]`.
//!
//! Use them through the `goish` crate, whose documentation describes them. Each function-like
//! macro takes the path of that crate in parentheses in front of the user's tokens, so that it
//! works under whatever name the user knows the crate.

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as Tokens};
use syn::parse::{Parse, ParseStream, Parser};
use syn::visit_mut::VisitMut;
use syn::{Block, Item, parse_macro_input};

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
mod program;
mod range;
mod rewrite;
mod select;

use names::Root;

/// `go!{ … }`: spawns a goroutine.
#[proc_macro]
pub fn go(input: TokenStream) -> TokenStream {
    expand(input, |root, input| {
        let mut body = body(input)?;
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

/// Makes a function one that suspends: its body reads like the body of `go!`.
///
/// ```ignore
/// #[go_fn]
/// fn worker(jobs: Chan<int>, results: Chan<int>) {
///     for job in range!(jobs) {
///         results.Send(square(job));
///     }
/// }
///
/// go! { worker(jobs, results) };
/// ```
///
/// It is the cheaper spelling of a plain function that does channel operations, which would block
/// and hand its worker on. What it gives is a `goish::Call`. In the bodies of `go!`, of `#[go_fn]`
/// functions and of `#[goish::main]` each such call awaits itself, wherever it stands; anywhere else
/// write `worker(jobs, results).Wait()`, or `.await` in async code. `async fn` is accepted, too. A
/// function that calls itself is boxed there; functions that call each other in a circle need a
/// `Box::pin(other(x)).await` in one place.
///
/// On an `impl` block, a trait or a module, as in `mod name { … }`, it makes each function in it one
/// that suspends, except `const fn`s; in a module also except tests, and functions that a trait
/// prescribes.
///
/// Where the `goish` crate goes by another name, say which: `#[go_fn(crate = name)]`.
#[proc_macro_attribute]
pub fn go_fn(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute(arguments, item, go_fn::expand)
}

/// `defer!{ … }`: runs its body when the block around it is left.
#[proc_macro]
pub fn defer(input: TokenStream) -> TokenStream {
    expand(input, |root, input| {
        let mut body = body(input)?;
        rewrite::blocking(&root, &mut body);
        Ok(program::defer(&root, &body))
    })
}

/// Makes the function `main` of a program its first goroutine.
///
/// Its body reads like that of `go!`: what it does suspends, and its calls of `#[go_fn]` functions
/// await themselves. The program ends when it returns, whatever other goroutines do. A panic in it
/// ends the program as in Go, with exit code 2. What it returns may be whatever the `main` of a Rust
/// program returns.
///
/// ```ignore
/// use goish::prelude::*;
///
/// #[go_fn]
/// fn hello(c: Chan<string>) {
///     c.Send("hello".into());
/// }
///
/// #[goish::main]
/// fn main() {
///     let c = chan!(string);
///     go! { hello(c) };
///     println!("{}", c.Recv().0);
/// }
/// ```
///
/// Where the `goish` crate goes by another name, say which: `#[name::main(crate = name)]`.
#[proc_macro_attribute]
pub fn main(arguments: TokenStream, item: TokenStream) -> TokenStream {
    attribute(arguments, item, program::expand)
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

/// Changes an item by an attribute, whose arguments may name the `goish` crate.
fn attribute(
    arguments: TokenStream,
    item: TokenStream,
    change: fn(&Root, Item) -> syn::Result<Tokens>,
) -> TokenStream {
    let root = parse_macro_input!(arguments as go_fn::Arguments).root;
    let item = parse_macro_input!(item as Item);
    change(&root, item)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// The statements of a macro that stands for a block.
fn body(input: ParseStream) -> syn::Result<Block> {
    Ok(Block {
        brace_token: syn::token::Brace(Span::call_site()),
        stmts: input.call(Block::parse_within)?,
    })
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
