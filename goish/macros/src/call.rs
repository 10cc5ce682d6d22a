//! One operation: a method or a function that may be goish's.
//!
//! A macro knows no types. So an operation is expanded to both of what it may be, and a probe,
//! which the compiler resolves by type, says which. If the receiver is goish's, the operation
//! suspends the goroutine. If it is anything else, the user's own call runs, verbatim; the type of
//! the other branch has no values then, so the compiler knows that there is no suspension, and
//! asks nothing of the variables that live across it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprCall, ExprMethodCall, Pat, PathArguments};

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
        "Do" => ("Do", 1, Keep::Value),
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
        call: &|argument| {
            let mut arguments = TokenStream::new();
            call.paren_token
                .surround(&mut arguments, |inside| argument.to_tokens(inside));
            quote!(#receiver #dot #method #arguments)
        },
        plain,
    };
    let expanded = match call.args.first() {
        None => operation.without_argument(),
        Some(argument) => operation.with_argument(argument),
    };
    Some(place.bind(expanded))
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
            let argument = local("argument", last.ident.span());
            quote_spanned!(span=> #runtime::SleepProbe::new(&#function, &#argument))
        }
        ("Gosched", 0) => quote_spanned!(span=> #runtime::GoschedProbe::new(&#function)),
        _ => return None,
    };
    let operation = Operation {
        runtime: &runtime,
        name: &last.ident,
        probe,
        call: &|argument| quote_spanned!(span=> #function(#argument)),
        plain,
    };
    let expanded = match call.args.first() {
        None => operation.without_argument(),
        Some(argument) => operation.with_argument(argument),
    };
    Some(quote_spanned!(span=> match #path { #function => #expanded }))
}

struct Operation<'a> {
    runtime: &'a TokenStream,
    name: &'a Ident,
    /// An expression that asks what the receiver is.
    probe: TokenStream,
    /// The user's call, given its argument.
    call: &'a dyn Fn(Option<&TokenStream>) -> TokenStream,
    /// What becomes of it, where it is not an operation.
    plain: &'a dyn Fn(TokenStream) -> TokenStream,
}

impl Operation<'_> {
    fn without_argument(&self) -> TokenStream {
        let span = hidden(self.name.span());
        let (probe, call, finish) = (&self.probe, (self.plain)((self.call)(None)), self.finish());
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

    /// The argument is evaluated once. `Argument` carries its type from the user's call, which is
    /// checked first, to the argument: so it is inferred and coerced as it would have been.
    fn with_argument(&self, argument: &Expr) -> TokenStream {
        let span = hidden(self.name.span());
        let Self { runtime, probe, .. } = self;
        let finish = self.finish();
        let name = local("argument", self.name.span());
        let marker = local("marker", self.name.span());
        let typed = (self.call)(Some(&quote_spanned!(span=> #marker.value())));
        let call = (self.plain)((self.call)(Some(&name.to_token_stream())));
        let accepted =
            quote_spanned!(span=> (#runtime::Accepted { of: #marker, value: #argument }));
        let with_type = |inner: TokenStream| quote_spanned!(span=> match #runtime::Argument::new() { #marker => #inner });
        let check = quote_spanned!(span=>
            if #runtime::unreached() {
                #[allow(clippy::unit_arg)]
                #runtime::absurd(#typed)
            }
        );
        if mentions_loop_exit(argument) {
            // A loop is left from inside the argument, and Rust has no `break` without a label
            // inside a block that has one. The argument's temporaries live longer here.
            return with_type(quote_spanned!(span=> {
                #check
                match #accepted {
                    #runtime::Accepted { value: #name, .. } => {
                        let operation = (&#probe).pick();
                        if operation.is_plain() {
                            #[allow(clippy::unit_arg)]
                            #call
                        } else {
                            #[allow(unreachable_code)]
                            {
                                operation.run(#name).await #finish
                            }
                        }
                    }
                }
            }));
        }
        // The argument's temporaries (the guard of a lock, say) are dropped before the goroutine
        // is suspended, but live while the user's own call runs.
        with_type(quote_spanned!(span=> 'operation: {
            #check
            let pending = match #accepted {
                #runtime::Accepted { value: #name, .. } => {
                    let operation = (&#probe).pick();
                    if operation.is_plain() {
                        #[allow(clippy::unit_arg)]
                        break 'operation #call;
                    }
                    operation.run(#name)
                }
            };
            #[allow(unreachable_code)]
            {
                pending.await #finish
            }
        }))
    }

    /// What a suspended operation ends with; its span is the user's, for a panic's location.
    fn finish(&self) -> TokenStream {
        let finish = Ident::new("finish", self.name.span());
        quote_spanned!(self.name.span()=> .#finish())
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
