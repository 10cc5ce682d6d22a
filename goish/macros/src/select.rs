//! `select!`: its cases, and what they become.
//!
//! Channels and values are evaluated first, once and in the order of the source. The cases are
//! then pinned, one of them is committed, and all are dropped before the chosen body runs: in the
//! body the user may use the same channels, leave a loop, return, or wait for something else.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{Expr, Pat, Token, parenthesized};

use crate::case;
use crate::names::{Root, hidden, local};
use crate::place::{Keep, Place};

/// The form that every message shows.
const FORM: &str = "write `case value, ok := <-channel:`, `case channel <- value:` or `default:`, \
                    or `recv(channel) |value, ok| => { … }`, `send(channel, value) => { … }` or \
                    `default => { … }`";

/// How to wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// In a goroutine's body.
    Suspending,
    /// Anywhere else.
    Blocking,
}

/// The cases of a `select!`.
pub(crate) struct Select {
    cases: Vec<Case>,
    default: Option<Expr>,
}

struct Case {
    span: Span,
    channel: Expr,
    kind: Kind,
    body: Expr,
}

enum Kind {
    Receive(Box<Binding>),
    Send(Box<Expr>),
}

/// The names of what was received.
#[derive(Default)]
struct Binding {
    value: Option<Pat>,
    ok: Option<Pat>,
}

impl Binding {
    /// Whether the received value is looked at: only then a closed channel needs a zero value.
    fn wants_value(&self) -> bool {
        !matches!(self.value, None | Some(Pat::Wild(_)))
    }
}

impl Parse for Select {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let mut select = Self {
            cases: Vec::new(),
            default: None,
        };
        while !input.is_empty() {
            select.parse_arm(input)?;
        }
        Ok(select)
    }
}

impl Select {
    fn parse_arm(&mut self, input: ParseStream) -> syn::Result<()> {
        let fork = input.fork();
        let keyword: Ident = input
            .parse()
            .map_err(|error| syn::Error::new(error.span(), format!("not a select! arm: {FORM}")))?;
        match keyword.to_string().as_str() {
            "recv" => self.cases.push(receive(keyword.span(), input)?),
            "send" => self.cases.push(send(keyword.span(), input)?),
            "case" => self.cases.push(case_of_go(keyword.span(), input)?),
            "default" => {
                let body = match case::is_default(input) {
                    true => case::default_body(input)?,
                    false => body(input)?,
                };
                if self.default.replace(body).is_some() {
                    let message = "a select! has at most one `default`: remove this one, \
                                   or join the two bodies";
                    return Err(syn::Error::new(keyword.span(), message));
                }
            }
            other => {
                let message = format!("`{other}` is not a select! arm: {FORM}");
                return Err(syn::Error::new(fork.span(), message));
            }
        }
        Ok(())
    }

    /// Shows every expression of the user's to a visitor.
    pub(crate) fn visit(&mut self, mut visitor: impl FnMut(&mut Expr)) {
        for case in &mut self.cases {
            visitor(&mut case.channel);
            if let Kind::Send(value) = &mut case.kind {
                visitor(value);
            }
            visitor(&mut case.body);
        }
        self.default.iter_mut().for_each(visitor);
    }

    /// The channels and the values, which are evaluated before anything is chosen.
    pub(crate) fn operands(&self) -> impl Iterator<Item = &Expr> {
        self.cases.iter().flat_map(|case| {
            let value = match &case.kind {
                Kind::Send(value) => Some(&**value),
                Kind::Receive(_) => None,
            };
            [&case.channel].into_iter().chain(value)
        })
    }

    /// The bodies, each with the patterns whose names it sees.
    pub(crate) fn bodies(&self) -> impl Iterator<Item = (Vec<&Pat>, &Expr)> {
        let cases = self.cases.iter().map(|case| {
            let patterns = match &case.kind {
                Kind::Receive(names) => names.value.iter().chain(&names.ok).collect(),
                Kind::Send(_) => Vec::new(),
            };
            (patterns, &case.body)
        });
        cases.chain(self.default.iter().map(|body| (Vec::new(), body)))
    }
}

/// A `case` as Go writes it.
fn case_of_go(span: Span, input: ParseStream) -> syn::Result<Case> {
    let arm: case::Arm = input.parse()?;
    let kind = match arm.operation {
        case::Operation::Send(value) => Kind::Send(Box::new(value)),
        case::Operation::Receive { value, ok } => Kind::Receive(Box::new(Binding { value, ok })),
    };
    Ok(Case {
        span,
        channel: arm.channel,
        kind,
        body: arm.body,
    })
}

fn receive(span: Span, input: ParseStream) -> syn::Result<Case> {
    let inside = arguments(span, input)?;
    if inside.is_empty() {
        return Err(inside.error("recv takes one channel, as in `recv(channel)`"));
    }
    let channel = inside.parse()?;
    ended(&inside, "recv takes one channel, as in `recv(channel)`")?;
    let mut names = Binding::default();
    if input.peek(Token![|]) {
        input.parse::<Token![|]>()?;
        names.value = Some(pattern(input)?);
        if input.peek(Token![,]) {
            input.parse::<Token![,]>()?;
            if !input.peek(Token![|]) {
                names.ok = Some(pattern(input)?);
            }
        }
        if !input.peek(Token![|]) {
            return Err(input.error("recv binds a value and perhaps whether the channel was open: write `|value|` or `|value, ok|`"));
        }
        input.parse::<Token![|]>()?;
    }
    Ok(Case {
        span,
        channel,
        kind: Kind::Receive(Box::new(names)),
        body: body(input)?,
    })
}

fn pattern(input: ParseStream) -> syn::Result<Pat> {
    input.call(Pat::parse_single)
}

fn send(span: Span, input: ParseStream) -> syn::Result<Case> {
    const TWO: &str = "send takes a channel and a value, as in `send(channel, value)`";
    let inside = arguments(span, input)?;
    let channel = inside.parse()?;
    if !inside.peek(Token![,]) {
        return Err(syn::Error::new(inside.span(), TWO));
    }
    inside.parse::<Token![,]>()?;
    let value = Box::new(inside.parse()?);
    if inside.peek(Token![,]) {
        inside.parse::<Token![,]>()?;
    }
    ended(&inside, TWO)?;
    Ok(Case {
        span,
        channel,
        kind: Kind::Send(value),
        body: body(input)?,
    })
}

fn arguments<'a>(span: Span, input: ParseStream<'a>) -> syn::Result<syn::parse::ParseBuffer<'a>> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(span, format!("not a select! arm: {FORM}")));
    }
    let inside;
    parenthesized!(inside in input);
    Ok(inside)
}

fn ended(input: ParseStream, message: &str) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    Err(input.error(message))
}

/// `=> body`, and the comma that a body in braces does not need.
fn body(input: ParseStream) -> syn::Result<Expr> {
    if !input.peek(Token![=>]) {
        return Err(input.error(format!("expected `=>` and the arm's body: {FORM}")));
    }
    input.parse::<Token![=>]>()?;
    let braced = input.peek(syn::token::Brace);
    let body = if braced {
        Expr::Block(syn::ExprBlock {
            attrs: Vec::new(),
            label: None,
            block: input.parse()?,
        })
    } else {
        input.parse()?
    };
    if input.peek(Token![,]) {
        input.parse::<Token![,]>()?;
    } else if !braced && !input.is_empty() {
        return Err(input.error("expected `,` after the arm's body"));
    }
    Ok(body)
}

/// The code of a `select!`.
pub(crate) fn expand(root: &Root, select: &Select, mode: Mode) -> TokenStream {
    let span = hidden(Span::call_site());
    let runtime = &root.runtime(Span::call_site());
    if select.cases.is_empty() {
        return match (&select.default, mode) {
            (Some(default), _) => quote!({ #default }),
            (None, Mode::Suspending) => quote_spanned!(span=> match #runtime::never().await {}),
            (None, Mode::Blocking) => quote_spanned!(span=> #runtime::block_forever()),
        };
    }
    let alternatives = Alternatives::of(select);
    let prepare = select.cases.iter().enumerate();
    let prepare = prepare.map(|(at, case)| prepare_case(root, at, case));
    let wait = wait(runtime, select, mode);
    let takes = select.cases.iter().enumerate().map(|(at, case)| {
        let index = alternatives.index(at);
        let outcome = alternatives.wrap(at, take(root, at, case));
        quote_spanned!(span=> #index => #outcome,)
    });
    let nothing = select.default.as_ref().map(|_| {
        let outcome = alternatives.wrap(select.cases.len(), quote_spanned!(span=> ()));
        quote_spanned!(span=> _ => #outcome,)
    });
    let bodies = select.cases.iter().enumerate().map(|(at, case)| {
        let pattern = alternatives.wrap(at, outcome_pattern(case));
        let body = &case.body;
        quote_spanned!(span=> #pattern => #body,)
    });
    let default = select.default.as_ref().map(|body| {
        let pattern = alternatives.wrap(select.cases.len(), quote_spanned!(span=> ()));
        quote_spanned!(span=> #pattern => #body,)
    });
    quote_spanned!(span=> {
        let outcome = {
            #(#prepare)*
            let index = #wait;
            match index {
                #(#takes)*
                #nothing
            }
        };
        match outcome {
            #(#bodies)*
            #default
        }
    })
}

/// The outcome's type: `Ok` of the first alternative, `Err(Ok)` of the second, and so on, with the
/// last one bare. So it needs no type of its own, which the user's code could see.
struct Alternatives {
    count: usize,
    has_default: bool,
}

impl Alternatives {
    fn of(select: &Select) -> Self {
        let has_default = select.default.is_some();
        Self {
            count: select.cases.len() + usize::from(has_default),
            has_default,
        }
    }

    /// An expression or a pattern as the alternative at an index.
    fn wrap(&self, at: usize, inside: TokenStream) -> TokenStream {
        let span = hidden(Span::call_site());
        let innermost = if at + 1 == self.count {
            inside
        } else {
            quote_spanned!(span=> ::core::result::Result::Ok(#inside))
        };
        (0..at).fold(
            innermost,
            |inner, _| quote_spanned!(span=> ::core::result::Result::Err(#inner)),
        )
    }

    /// The pattern of a case's index.
    fn index(&self, at: usize) -> TokenStream {
        let span = hidden(Span::call_site());
        let number = Literal::usize_unsuffixed(at);
        if self.has_default {
            quote_spanned!(span=> ::core::option::Option::Some(#number))
        } else if at + 1 == self.count {
            quote_spanned!(span=> _)
        } else {
            quote_spanned!(span=> #number)
        }
    }
}

fn case_name(at: usize) -> Ident {
    local(&format!("case{at}"), Span::call_site())
}

/// Evaluates the operands of one case, and pins it.
fn prepare_case(root: &Root, at: usize, case: &Case) -> TokenStream {
    let (span, runtime) = (hidden(case.span), root.runtime(case.span));
    let name = case_name(at);
    let handle = local(&format!("channel{at}"), case.span);
    let channel = without_borrow(&case.channel);
    let (place, at_channel) = (hidden(channel.span()), root.runtime(channel.span()));
    // A channel that is the value of an expression is kept by a handle of our own, so that
    // whatever else the expression made (the guard of a lock, say) is dropped before the wait.
    let (borrowed, owned) = match &case.kind {
        Kind::Receive(_) => ("receiver", "owned_receiver"),
        Kind::Send(_) => ("sender", "owned_sender"),
    };
    let handle_value = if Place::of(channel, Keep::Value).is_bare() {
        let borrowed = Ident::new(borrowed, place);
        quote_spanned!(place=> #at_channel::#borrowed(&#channel))
    } else {
        let owned = Ident::new(owned, place);
        quote_spanned!(place=> &#at_channel::#owned(&#channel))
    };
    let made = match &case.kind {
        Kind::Receive(_) => quote_spanned!(span=> #runtime::receive_case(#handle)),
        Kind::Send(value) => quote_spanned!(span=> #runtime::send_case(#handle, #value)),
    };
    quote_spanned!(span=>
        let #handle = #handle_value;
        let made = #made;
        let mut #name = ::core::pin::pin!(made);
    )
}

/// `&channel` and `(channel)` are the same channel as `channel`.
fn without_borrow(channel: &Expr) -> &Expr {
    match channel {
        Expr::Reference(reference) => without_borrow(&reference.expr),
        Expr::Paren(inner) => without_borrow(&inner.expr),
        Expr::Group(inner) => without_borrow(&inner.expr),
        _ => channel,
    }
}

fn wait(runtime: &TokenStream, select: &Select, mode: Mode) -> TokenStream {
    let span = hidden(Span::call_site());
    let names = (0..select.cases.len()).map(case_name);
    let cases = quote_spanned!(span=> &mut [#(#runtime::case(#names.as_mut())),*]);
    match (select.default.is_some(), mode) {
        (true, Mode::Suspending) => quote_spanned!(span=> #runtime::try_select(#cases).await),
        (true, Mode::Blocking) => quote_spanned!(span=> #runtime::try_select_blocking(#cases)),
        (false, Mode::Suspending) => quote_spanned!(span=> #runtime::select(#cases).await),
        (false, Mode::Blocking) => quote_spanned!(span=> #runtime::select_blocking(#cases)),
    }
}

/// The outcome of a committed case. Its span is the user's, for the location of a panic.
fn take(root: &Root, at: usize, case: &Case) -> TokenStream {
    let (span, runtime) = (hidden(case.span), root.runtime(case.span));
    let name = case_name(at);
    let taken = quote_spanned!(span=> #runtime::take(#name.as_mut()));
    let finish = quote_spanned!(case.span=> .finish());
    match &case.kind {
        Kind::Receive(names) if names.wants_value() => {
            quote_spanned!(span=> #runtime::Received(#taken) #finish)
        }
        Kind::Receive(_) => quote_spanned!(span=> #runtime::Unseen(#taken) #finish),
        Kind::Send(_) => quote_spanned!(span=> #runtime::Sent(#taken) #finish),
    }
}

fn outcome_pattern(case: &Case) -> TokenStream {
    let span = hidden(case.span);
    let Kind::Receive(names) = &case.kind else {
        return quote_spanned!(span=> ());
    };
    let ok = match &names.ok {
        Some(ok) => ok.to_token_stream(),
        None => quote_spanned!(span=> _),
    };
    if names.wants_value() {
        let value = &names.value;
        quote_spanned!(span=> (#value, #ok))
    } else {
        ok
    }
}
