//! What a goroutine takes with it: handles are shared, everything else moves.
//!
//! Which is which, the compiler finds out by type. It must know the types by then, and some are
//! known only from how the body uses a variable. So the body stands first, as a closure that takes
//! the variables as its parameters, and what it is called with stands behind it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

use crate::names::{Root, hidden, local};
use crate::outer::{Outer, Variable};
use crate::rewrite;

/// Spawns the future of a goroutine.
pub(crate) fn spawn(root: &Root, outer: &Outer, future: &TokenStream) -> TokenStream {
    let in_part = outer.in_part();
    let as_it_is = Start::new(root, &outer.whole(), &[]).spawn(future);
    if in_part.is_empty() || outer.has_items() {
        return as_it_is;
    }
    // A variable of which only fields are used is shared if it is a handle: an `Arc` of a struct,
    // say. If not, Rust moves the fields one by one, and no variable of ours can stand for that. So
    // the body is there twice.
    let shared = Start::new(root, &outer.whole(), &in_part).spawn(future);
    let at = Span::call_site();
    let (span, runtime) = (hidden(at), root.runtime(at));
    let types = types(&runtime, &in_part);
    quote_spanned!(span=> {
        #[allow(unused_imports)]
        use #runtime::{AllHandles as _, NotAllHandles as _};
        let types = #runtime::Types::unknown();
        // Some of a variable's fields may have moved. So it is not even looked at, where the
        // compiler would see it.
        #[allow(unreachable_code)]
        if #runtime::unreached() {
            #runtime::absurd(());
            types.are(#types);
        }
        let all = (&types).handles();
        #[allow(unreachable_code)]
        if all.are_handles() {
            all.are();
            #shared
        } else {
            all.are_not();
            #as_it_is
        }
    })
}

fn types(runtime: &TokenStream, variables: &[&Variable]) -> TokenStream {
    let span = hidden(Span::call_site());
    let start = quote_spanned!(span=> #runtime::Types::new());
    variables.iter().fold(
        start,
        |types, Variable { name, .. }| quote_spanned!(span=> #types.and(&#name)),
    )
}

/// A body and what it starts with.
struct Start {
    runtime: TokenStream,
    place: TokenStream,
    types: TokenStream,
    parameters: TokenStream,
    values: TokenStream,
    changes: TokenStream,
    is_empty: bool,
}

impl Start {
    /// With variables that are shared if they are handles, and variables that are handles.
    fn new(root: &Root, variables: &[&Variable], handles: &[&Variable]) -> Self {
        let at = Span::call_site();
        let (span, runtime) = (hidden(at), root.runtime(at));
        let mut parameters = quote_spanned!(span=> ());
        let mut values = quote_spanned!(span=> ());
        let mut changes = TokenStream::new();
        for variable in variables {
            let name = &variable.name;
            let mutability = variable.uses.changed.then(|| quote!(mut));
            parameters = quote_spanned!(span=> (#parameters, #mutability #name));
            let value = value(root, variable, name.to_token_stream());
            values = quote_spanned!(span=> (#values, #value));
            if variable.uses.changed {
                changes.extend(change(&runtime, variable));
            }
        }
        for variable in handles {
            let name = &variable.name;
            parameters = quote_spanned!(span=> (#parameters, mut #name));
            let value = value(root, variable, quote_spanned!(span=> other.stays()));
            values = quote_spanned!(span=> (#values, #value));
        }
        Self {
            types: types(&runtime, &[variables, handles].concat()),
            place: rewrite::place(root),
            runtime,
            parameters,
            values,
            changes,
            is_empty: variables.is_empty() && handles.is_empty(),
        }
    }

    fn spawn(&self, future: &TokenStream) -> TokenStream {
        let at = Span::call_site();
        let (span, start) = (hidden(at), local("start", at));
        let Self {
            runtime,
            place,
            types,
            parameters,
            values,
            changes,
            is_empty,
        } = self;
        if *is_empty {
            return quote_spanned!(span=> #runtime::spawn(#place, #future));
        }
        // The call stands outside: then the compiler says where a semicolon is missing.
        quote_spanned!(span=> #runtime::spawn(#place, {
            #[allow(unused_mut)]
            let #start = #runtime::starting(#types, move |#parameters| #future);
            #changes
            #start({
                #[allow(unused_imports)]
                use #runtime::{MoveOther as _, ShareHandle as _};
                #values
            })
        }))
    }
}

/// A clone of a handle, or something else.
fn value(root: &Root, variable: &Variable, other: TokenStream) -> TokenStream {
    let name = &variable.name;
    let span = hidden(name.span());
    let runtime = root.runtime(name.span());
    quote_spanned!(span=> match (&#runtime::Captured(&#name)).share() {
        ::core::result::Result::Ok(handle) => handle,
        #[allow(unreachable_code)]
        ::core::result::Result::Err(other) => {
            other.goes();
            #other
        }
    })
}

/// The variable of the goroutine may be changed, and if the one outside was declared so for that,
/// the compiler must not find its `mut` unused. What moves into a value without a name, which is
/// changed, needs no `mut` itself, but uses it.
fn change(runtime: &TokenStream, variable: &Variable) -> TokenStream {
    let name = &variable.name;
    let span = hidden(name.span());
    quote_spanned!(span=> if #runtime::unreached() {
        #runtime::absurd(&mut { #name })
    })
}
