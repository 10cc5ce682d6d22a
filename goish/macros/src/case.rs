//! Arms of `select!` as Go writes them: `case v, ok := <-c: …`, `case v = <-c: …`, `case <-c: …`,
//! `case c <- v: …` and `default: …`.
//!
//! A body is all that stands before the next `case`, or `default` with a colon.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Block, Expr, ExprAssign, ExprBlock, Pat, Stmt, Token};

use crate::names::local;

/// The form that every message shows.
const FORM: &str = "write `case value, ok := <-channel:`, `case value = <-channel:`, \
                    `case <-channel:`, `case channel <- value:` or `default:`";

/// An arm after its `case`.
pub(crate) struct Arm {
    pub(crate) channel: Expr,
    pub(crate) operation: Operation,
    pub(crate) body: Expr,
}

/// What an arm does with its channel.
pub(crate) enum Operation {
    /// The value is received, and what is said of it is bound to these names.
    Receive {
        value: Option<Pat>,
        ok: Option<Pat>,
    },
    Send(Expr),
}

/// Whether `default` is written as Go does, after the word.
pub(crate) fn is_default(input: ParseStream) -> bool {
    input.peek(Token![:]) && !input.peek(Token![::])
}

/// `: body` of a `default`.
pub(crate) fn default_body(input: ParseStream) -> syn::Result<Expr> {
    input.parse::<Token![:]>()?;
    Ok(block(statements(input)?))
}

impl Parse for Arm {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let span = input.span();
        let head: Head = input.parse()?;
        let mut statements = statements(input)?;
        let (names, channel) = match head {
            Head::Send { channel, value } => {
                return Ok(Self {
                    channel: whole(channel, span)?,
                    operation: Operation::Send(whole(value, span)?),
                    body: block(statements),
                });
            }
            Head::Bind { names, channel } => (Names::bound(names)?, channel),
            Head::Assign { places, channel } => {
                let (names, assignments) = Names::assigned(places, span)?;
                statements.splice(0..0, assignments);
                (names, channel)
            }
        };
        Ok(Self {
            channel: whole(channel, span)?,
            operation: Operation::Receive {
                value: names.value,
                ok: names.ok,
            },
            body: block(statements),
        })
    }
}

/// What stands before an arm's colon.
enum Head {
    Send {
        channel: TokenStream,
        value: TokenStream,
    },
    Bind {
        names: TokenStream,
        channel: TokenStream,
    },
    Assign {
        places: TokenStream,
        channel: TokenStream,
    },
}

impl Parse for Head {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let span = input.span();
        let head = before_the_colon(input)?;
        let unlike_go = || syn::Error::new(span, format!("not a case of Go's: {FORM}"));
        if let Some(at) = position(&head, [':', '=']) {
            let (names, received) = (&head[..at], &head[at + 2..]);
            if position(received, ['<', '-']) != Some(0) {
                return Err(unlike_go());
            }
            return Ok(Self::Bind {
                names: tokens(names),
                channel: tokens(&received[2..]),
            });
        }
        let at = position(&head, ['<', '-']).ok_or_else(unlike_go)?;
        let (before, after) = (&head[..at], tokens(&head[at + 2..]));
        Ok(match before {
            [] => Self::Bind {
                names: TokenStream::new(),
                channel: after,
            },
            [places @ .., TokenTree::Punct(sign)] if sign.as_char() == '=' => Self::Assign {
                places: tokens(places),
                channel: after,
            },
            channel => Self::Send {
                channel: tokens(channel),
                value: after,
            },
        })
    }
}

/// What stands before the colon that begins an arm's body, which is taken away. `::` and `:=` are no
/// such colons.
fn before_the_colon(input: ParseStream) -> syn::Result<Vec<TokenTree>> {
    let mut head = Vec::new();
    while !input.is_empty() {
        if input.peek(Token![::]) || input.peek(Token![:]) && input.peek2(Token![=]) {
            head.push(input.parse()?);
        } else if input.peek(Token![:]) {
            input.parse::<Token![:]>()?;
            return Ok(head);
        }
        head.push(input.parse()?);
    }
    Err(input.error(format!("expected `:` and the arm's body: {FORM}")))
}

/// Where a sign of two characters stands.
fn position(head: &[TokenTree], sign: [char; 2]) -> Option<usize> {
    let is = |token: &TokenTree, character| matches!(token, TokenTree::Punct(punct) if punct.as_char() == character);
    head.windows(2)
        .position(|two| is(&two[0], sign[0]) && is(&two[1], sign[1]))
}

fn tokens(tokens: &[TokenTree]) -> TokenStream {
    tokens.iter().cloned().collect()
}

/// What was received is called.
#[derive(Default)]
struct Names {
    value: Option<Pat>,
    ok: Option<Pat>,
}

impl Names {
    /// By names that are new.
    fn bound(names: TokenStream) -> syn::Result<Self> {
        if names.is_empty() {
            return Ok(Self::default());
        }
        let span = names.clone();
        let parser = Punctuated::<Pat, Token![,]>::parse_terminated_with;
        let parsed = (|input: ParseStream| parser(input, Pat::parse_single)).parse2(names)?;
        let mut names = parsed.into_iter();
        match (names.next(), names.next(), names.next()) {
            (value, ok, None) => Ok(Self { value, ok }),
            _ => Err(syn::Error::new_spanned(span, TWO)),
        }
    }

    /// By names of our own, from which places of the user's are assigned at the start of the body.
    fn assigned(places: TokenStream, span: Span) -> syn::Result<(Self, Vec<Stmt>)> {
        let shown = places.clone();
        let parser = Punctuated::<Expr, Token![,]>::parse_terminated;
        let places: Vec<Expr> = parser.parse2(places)?.into_iter().collect();
        if places.is_empty() || places.len() > 2 {
            return Err(syn::Error::new_spanned(shown, TWO));
        }
        let mut names = [None, None];
        let mut assignments = Vec::new();
        for (at, place) in places.into_iter().enumerate() {
            let name: Ident = local(["value", "ok"][at], span);
            if matches!(place, Expr::Infer(_)) {
                continue;
            }
            assignments.push(assignment(place, &name));
            names[at] = Some(syn::parse_quote!(#name));
        }
        let [value, ok] = names;
        // An `ok` alone needs something in front of it.
        let value = value.or_else(|| ok.is_some().then(|| syn::parse_quote!(_)));
        Ok((Self { value, ok }, assignments))
    }
}

const TWO: &str = "a receive gives a value and perhaps whether the channel was open: \
                   write `value := <-channel` or `value, ok := <-channel`";

fn assignment(place: Expr, value: &Ident) -> Stmt {
    let assign = ExprAssign {
        attrs: Vec::new(),
        left: Box::new(place),
        eq_token: Token![=](value.span()),
        right: Box::new(syn::parse_quote!(#value)),
    };
    Stmt::Expr(Expr::Assign(assign), Some(Token![;](value.span())))
}

/// An expression that is all of the tokens.
fn whole(tokens: TokenStream, span: Span) -> syn::Result<Expr> {
    if tokens.is_empty() {
        return Err(syn::Error::new(span, format!("not a case of Go's: {FORM}")));
    }
    syn::parse2(tokens)
}

/// The statements before the next arm.
fn statements(input: ParseStream) -> syn::Result<Vec<Stmt>> {
    let mut body: Vec<TokenTree> = Vec::new();
    while !input.is_empty() && !begins_an_arm(input) {
        body.push(input.parse()?);
    }
    Block::parse_within.parse2(body.into_iter().collect())
}

fn begins_an_arm(input: ParseStream) -> bool {
    let ahead = input.fork();
    match ahead.parse::<Ident>() {
        Ok(word) if word == "case" => true,
        Ok(word) if word == "default" => is_default(&ahead),
        _ => false,
    }
}

fn block(stmts: Vec<Stmt>) -> Expr {
    Expr::Block(ExprBlock {
        attrs: Vec::new(),
        label: None,
        block: Block {
            brace_token: syn::token::Brace::default(),
            stmts,
        },
    })
}
