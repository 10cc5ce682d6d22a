//! One operation: a method or a function that may be goish's.
//!
//! A macro knows no types. So an operation is expanded to both of what it may be, and a probe,
//! which the compiler resolves by type, says which. If the receiver is goish's, the operation
//! suspends the goroutine. If it is anything else, the user's own call runs, verbatim; the type of
//! the other branch has no values then, so the compiler knows that there is no suspension, and
//! asks nothing of the variables that live across it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall, Pat, PathArguments, Token};

use crate::names::{Root, hidden, local};
use crate::place::{Keep, Place};

/// Rewrites a method call whose name and number of arguments an operation of goish has. What the
/// user's own call becomes, `plain` says.
pub(crate) fn method(
    root: &Root,
    call: &ExprMethodCall,
    plain: &dyn Fn(TokenStream) -> TokenStream,
) -> Option<TokenStream> {
    let (marker, arguments, keep) = match call.method.to_string().as_str() {
        "Send" => ("Send", 1, Keep::Value),
        "TrySend" => ("TrySend", 1, Keep::Value),
        "Recv" => ("Recv", 0, Keep::Value),
        "RecvOk" => ("RecvOk", 0, Keep::Value),
        "TryRecv" => ("TryRecv", 0, Keep::Value),
        // A condition's, which takes a guard.
        "Wait" if call.args.len() == 1 => ("WaitWith", 1, Keep::Value),
        "Wait" => ("Wait", 0, Keep::Value),
        "Lock" => ("Lock", 0, Keep::Borrow),
        "RLock" => ("RLock", 0, Keep::Borrow),
        "Do" if call.args.len() == 2 => ("DoShared", 2, Keep::Value),
        "Do" => ("Do", 1, Keep::Value),
        "Go" => ("Go", 1, Keep::Value),
        "Acquire" => ("Acquire", 2, Keep::Value),
        _ => return None,
    };
    let is_ours = call.turbofish.is_none() && call.args.len() == arguments;
    if !is_ours || call.args.iter().any(needs_its_callee) {
        return None;
    }
    let span = hidden(call.method.span());
    let marker = Ident::new(marker, span);
    let place = Place::of(&call.receiver, keep);
    let receiver = &place.tokens;
    let runtime = root.runtime(call.method.span());
    let (dot, method) = (&call.dot_token, &call.method);
    let operation = Operation {
        runtime: &runtime,
        name: method,
        probe: quote_spanned!(span=> #runtime::Probe::<#runtime::#marker, _>::new(&#receiver)),
        call: &|values| {
            let mut arguments = TokenStream::new();
            call.paren_token
                .surround(&mut arguments, |inside| inside.extend(quote!(#(#values),*)));
            quote!(#receiver #dot #method #arguments)
        },
        plain,
    };
    Some(place.bind(operation.expand(&call.args)))
}

/// Rewrites a call of a function that is named as one of goish's that wait.
pub(crate) fn function(
    root: &Root,
    call: &ExprCall,
    plain: &dyn Fn(TokenStream) -> TokenStream,
) -> Option<TokenStream> {
    let Expr::Path(path) = &*call.func else {
        return None;
    };
    let last = path.path.segments.last()?;
    if path.qself.is_some() || !matches!(last.arguments, PathArguments::None) {
        return None;
    }
    let name = last.ident.to_string();
    let span = hidden(last.ident.span());
    let runtime = root.runtime(last.ident.span());
    let function = local("function", last.ident.span());
    let probe = match (name.as_str(), call.args.len()) {
        ("Sleep", 1) => {
            let argument = local("argument0", last.ident.span());
            quote_spanned!(span=> #runtime::SleepProbe::new(&#function, &#argument))
        }
        ("Gosched", 0) => quote_spanned!(span=> #runtime::GoschedProbe::new(&#function)),
        _ => return None,
    };
    let operation = Operation {
        runtime: &runtime,
        name: &last.ident,
        probe,
        call: &|values| quote_spanned!(span=> #function(#(#values),*)),
        plain,
    };
    let expanded = operation.expand(&call.args);
    Some(quote_spanned!(span=> match #path { #function => #expanded }))
}

struct Operation<'a> {
    runtime: &'a TokenStream,
    name: &'a Ident,
    /// An expression that asks what the receiver is.
    probe: TokenStream,
    /// The user's call, given its arguments.
    call: &'a dyn Fn(&[TokenStream]) -> TokenStream,
    /// What becomes of it, where it is not an operation.
    plain: &'a dyn Fn(TokenStream) -> TokenStream,
}

/// An argument of the user's call.
struct Argument {
    /// What carries its type.
    marker: Ident,
    /// What its value is called.
    name: Ident,
    /// Its value, with the type.
    accepted: TokenStream,
}

impl Operation<'_> {
    fn expand(&self, arguments: &Punctuated<Expr, Token![,]>) -> TokenStream {
        if arguments.is_empty() {
            self.without_argument()
        } else {
            self.with_arguments(arguments)
        }
    }

    fn without_argument(&self) -> TokenStream {
        let span = hidden(self.name.span());
        let (probe, call, finish) = (&self.probe, (self.plain)((self.call)(&[])), self.finish());
        quote_spanned!(span=> {
            let operation = (&#probe).pick();
            if operation.is_plain() {
                #call
            } else {
                #[allow(unreachable_code)]
                {
                    operation.run(()).await #finish
                }
            }
        })
    }

    /// Each argument is evaluated once. `Argument` carries its type from the user's call, which is
    /// checked first, to the argument: so it is inferred and coerced as it would have been.
    fn with_arguments(&self, expressions: &Punctuated<Expr, Token![,]>) -> TokenStream {
        let span = hidden(self.name.span());
        let Self { runtime, probe, .. } = self;
        let finish = self.finish();
        let arguments: Vec<_> = (expressions.iter().enumerate())
            .map(|(index, expression)| self.argument(index, expression))
            .collect();
        let types = arguments.iter().map(|Argument { marker, .. }| marker);
        let types: Vec<_> = types
            .map(|marker| quote_spanned!(span=> #marker.value()))
            .collect();
        let names = arguments.iter().map(|Argument { name, .. }| name);
        let names: Vec<_> = names.map(ToTokens::to_token_stream).collect();
        let typed = (self.call)(&types);
        let call = (self.plain)((self.call)(&names));
        let patterns = names
            .iter()
            .map(|name| quote_spanned!(span=> #runtime::Accepted { value: #name, .. }));
        let accepted = arguments.iter().map(|Argument { accepted, .. }| accepted);
        let (patterns, accepted) = (
            together(patterns.collect()),
            together(accepted.cloned().collect()),
        );
        let values = together(names.clone());
        let with_type = |inner: TokenStream| {
            arguments.iter().rev().fold(inner, |inner, Argument { marker, .. }| {
                quote_spanned!(span=> match #runtime::Argument::new() { #marker => #inner })
            })
        };
        let check = quote_spanned!(span=>
            if #runtime::unreached() {
                #[allow(clippy::unit_arg)]
                #runtime::absurd(#typed)
            }
        );
        if expressions.iter().any(mentions_loop_exit) {
            // A loop is left from inside an argument, and Rust has no `break` without a label
            // inside a block that has one. The arguments' temporaries live longer here.
            return with_type(quote_spanned!(span=> {
                #check
                match #accepted {
                    #patterns => {
                        let operation = (&#probe).pick();
                        if operation.is_plain() {
                            #[allow(clippy::unit_arg)]
                            #call
                        } else {
                            #[allow(unreachable_code)]
                            {
                                operation.run(#values).await #finish
                            }
                        }
                    }
                }
            }));
        }
        // The arguments' temporaries (the guard of a lock, say) are dropped before the goroutine
        // is suspended, but live while the user's own call runs.
        with_type(quote_spanned!(span=> 'operation: {
            #check
            let pending = match #accepted {
                #patterns => {
                    let operation = (&#probe).pick();
                    if operation.is_plain() {
                        #[allow(clippy::unit_arg)]
                        break 'operation #call;
                    }
                    operation.run(#values)
                }
            };
            #[allow(unreachable_code)]
            {
                pending.await #finish
            }
        }))
    }

    fn argument(&self, index: usize, expression: &Expr) -> Argument {
        let (at, runtime) = (self.name.span(), self.runtime);
        let marker = local(&format!("marker{index}"), at);
        Argument {
            name: local(&format!("argument{index}"), at),
            accepted: quote_spanned!(hidden(at)=>
                (#runtime::Accepted { of: #marker, value: #expression })
            ),
            marker,
        }
    }

    /// What a suspended operation ends with; its span is the user's, for a panic's location.
    fn finish(&self) -> TokenStream {
        let finish = Ident::new("finish", self.name.span());
        quote_spanned!(self.name.span()=> .#finish())
    }
}

/// One alone, or several as a tuple.
fn together(all: Vec<TokenStream>) -> TokenStream {
    match &*all {
        [one] => one.clone(),
        several => quote!((#(#several),*)),
    }
}

/// Whether an argument is a closure whose parameters have no types. Only the function that it is
/// given to can tell them, so the call has to stand as the user wrote it.
fn needs_its_callee(argument: &Expr) -> bool {
    let Expr::Closure(closure) = argument else {
        return false;
    };
    !closure
        .inputs
        .iter()
        .all(|input| matches!(input, Pat::Type(_)))
}

fn mentions_loop_exit(argument: &Expr) -> bool {
    fn search(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(word) => word == "break" || word == "continue",
            TokenTree::Group(group) => search(group.stream()),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        })
    }
    search(argument.to_token_stream())
}

/// A rewritten expression, as the syntax tree that the outer rewriting goes on with. A `#[cfg]` on
/// the original still decides over it.
pub(crate) fn rewritten(original: &Expr, tokens: TokenStream) -> Expr {
    let attributes = match original {
        Expr::MethodCall(original) => &*original.attrs,
        Expr::Call(original) => &original.attrs,
        Expr::Macro(original) => &original.attrs,
        _ => &[],
    };
    let tokens = parenthesised(tokens, original.span());
    Expr::Verbatim(quote!(#(#attributes)* #tokens))
}

/// In parentheses, so that what follows does not change what this is.
pub(crate) fn parenthesised(tokens: TokenStream, at: Span) -> TokenStream {
    let span = hidden(at);
    quote_spanned!(span=> (#tokens))
}
