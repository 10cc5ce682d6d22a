//! `#[go_fn]`: functions whose bodies read like a goroutine's.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned;
use syn::{
    Attribute, Block, FnArg, ImplItem, Item, Pat, PatIdent, ReturnType, Signature, Token,
    TraitItem, Type, parse_quote,
};

use crate::names::{Root, hidden, local};
use crate::rewrite;

/// The arguments of the attribute: none, or `crate = path`.
pub(crate) struct Arguments {
    /// The path of the `goish` crate.
    pub(crate) root: Root,
}

impl Parse for Arguments {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self {
                root: Root::by_default(),
            });
        }
        input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let path = input.call(syn::Path::parse_mod_style)?;
        Ok(Self {
            root: Root::at(&path),
        })
    }
}

/// Makes each function of an item one that suspends.
pub(crate) fn expand(root: &Root, mut item: Item) -> syn::Result<TokenStream> {
    match &mut item {
        Item::Fn(function) => {
            suspend_function(root, &mut function.sig, &mut function.block)?;
        }
        Item::Impl(block) => functions_of_impl(root, block)?,
        Item::Trait(definition) => functions_of_trait(root, definition)?,
        Item::Mod(module) if module.content.is_some() => functions_of_module(root, module)?,
        other => {
            let message = "#[go_fn] goes on a function, on an `impl` block, on a trait, or on a \
                           module whose functions stand in it, as in `mod name { … }`";
            return Err(syn::Error::new(other.span(), message));
        }
    }
    Ok(item.into_token_stream())
}

fn functions_of_impl(root: &Root, block: &mut syn::ItemImpl) -> syn::Result<()> {
    for item in &mut block.items {
        if let ImplItem::Fn(function) = item
            && is_ours(&function.attrs, &function.sig)
        {
            suspend_function(root, &mut function.sig, &mut function.block)?;
        }
    }
    Ok(())
}

fn functions_of_trait(root: &Root, definition: &mut syn::ItemTrait) -> syn::Result<()> {
    for item in &mut definition.items {
        if let TraitItem::Fn(function) = item {
            // Who calls it in a goroutine knows the trait alone.
            let body = function.default.as_mut();
            suspend(root, &mut function.sig, body, Sent::Always)?;
        }
    }
    Ok(())
}

/// A module's functions, those of its types and of the modules in it. What a trait prescribes stays.
fn functions_of_module(root: &Root, module: &mut syn::ItemMod) -> syn::Result<()> {
    for item in module.content.iter_mut().flat_map(|(_, items)| items) {
        match item {
            Item::Fn(function) if is_ours(&function.attrs, &function.sig) => {
                suspend_function(root, &mut function.sig, &mut function.block)?;
            }
            Item::Impl(block) if block.trait_.is_none() => functions_of_impl(root, block)?,
            Item::Mod(inner) => functions_of_module(root, inner)?,
            _ => {}
        }
    }
    Ok(())
}

/// Whether a function that was not named itself is meant: not one that cannot suspend, one that a
/// test or another attribute wants as it is, or one that is marked already.
fn is_ours(attributes: &[Attribute], signature: &Signature) -> bool {
    let is_taken = attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|last| {
            ["go_fn", "main", "test", "bench"]
                .iter()
                .any(|it| last.ident == it)
        })
    });
    !is_taken && signature.constness.is_none() && signature.ident != "main"
}

fn refuse(signature: &Signature) -> syn::Result<()> {
    if let Some(constant) = &signature.constness {
        let message = "a `const fn` cannot suspend: remove `const`, or #[go_fn]";
        return Err(syn::Error::new(constant.span(), message));
    }
    if signature.ident == "main" {
        let message = "`main` is called by nobody who could await it: write #[goish::main]";
        return Err(syn::Error::new(signature.ident.span(), message));
    }
    Ok(())
}

/// Whether a function says that its future can be sent between threads. If it does not say so, the
/// compiler finds out, which it cannot everywhere.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    AsItIs,
    Always,
}

/// Makes a function suspend that has a body.
fn suspend_function(root: &Root, signature: &mut Signature, body: &mut Block) -> syn::Result<()> {
    suspend(root, signature, Some(body), Sent::AsItIs)
}

/// Makes one function suspend, if it can.
fn suspend(
    root: &Root,
    signature: &mut Signature,
    body: Option<&mut Block>,
    sent: Sent,
) -> syn::Result<()> {
    refuse(signature)?;
    let name = signature.ident.clone();
    let span = hidden(signature.output.span());
    let path = root.path();
    let output = output(signature);
    signature.asyncness = None;
    // A function that spawns itself needs to know of its future what is not known before all of its
    // body is.
    let is_sent = sent == Sent::Always || body.as_ref().is_some_and(|it| spawns_itself(&name, it));
    let send = is_sent.then(|| quote_spanned!(span=> + ::core::marker::Send));
    // The span decides by which edition's rules the type holds on to what the function borrows.
    let future = quote_spanned!(span=> impl ::core::future::Future<Output = #output> #send);
    signature.output = parse_quote!(-> #path::Call<#future>);
    let Some(body) = body else {
        return Ok(());
    };
    let keep = parameters(signature, body);
    rewrite::function(root, &name, body);
    let (scope, statements) = (rewrite::scope(root), &body.stmts);
    let at = hidden(name.span());
    let (typed, value) = typed(&output, statements);
    let block = quote_spanned!(at=> {
        #path::__rt::call(async move {
            #typed
            #scope
            #(#keep)*
            #value
        })
    });
    *body = parse_quote!(#block);
    Ok(())
}

/// What a function gives. A type without values stands for `!`, which is no type yet.
pub(crate) fn output(signature: &Signature) -> Type {
    match &signature.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, output) if matches!(**output, Type::Never(_)) => {
            parse_quote!(::core::convert::Infallible)
        }
        ReturnType::Type(_, output) => (**output).clone(),
    }
}

/// The statements of a body of that type. In an async block nothing says what its type is; so a
/// `return` that never runs says it first.
pub(crate) fn typed(output: &Type, statements: &[syn::Stmt]) -> (TokenStream, TokenStream) {
    let all = quote!(#(#statements)*);
    if mentions_impl(output.to_token_stream()) {
        return (TokenStream::new(), all);
    }
    let span = hidden(output.span());
    let name = local("returned", output.span());
    let typed = quote_spanned!(span=>
        if let ::core::option::Option::Some(#name) = ::core::option::Option::None::<#output> {
            #[allow(unreachable_code)]
            return #name;
        }
    );
    let value = quote_spanned!(span=>
        #[allow(clippy::let_unit_value)]
        let #name: #output = { #all };
        #[allow(unreachable_code)]
        #name
    );
    (typed, value)
}

fn mentions_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == "impl",
        TokenTree::Group(group) => mentions_impl(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Moves each parameter into the future, used or not, as an async function does: what it does when
/// it is dropped, it does when the function has ended. Patterns are taken apart there.
fn parameters(signature: &mut Signature, body: &Block) -> Vec<TokenStream> {
    let mut keep = Vec::new();
    for (at, input) in signature.inputs.iter_mut().enumerate() {
        match input {
            FnArg::Receiver(receiver) => {
                if !mentions(body.to_token_stream(), &|word, _| word == "self") {
                    let this = &receiver.self_token;
                    keep.push(quote_spanned!(hidden(this.span())=> let _ = &#this;));
                }
            }
            FnArg::Typed(typed) => {
                let (span, attributes) = (hidden(typed.pat.span()), &typed.attrs);
                let pattern = &*typed.pat;
                let name = match pattern {
                    Pat::Ident(PatIdent {
                        by_ref: None,
                        ident,
                        subpat: None,
                        ..
                    }) => ident.clone(),
                    _ => local(&format!("parameter{at}"), typed.pat.span()),
                };
                keep.push(match pattern {
                    Pat::Ident(PatIdent {
                        by_ref: None,
                        subpat: None,
                        ..
                    }) => {
                        quote_spanned!(span=> #(#attributes)* let #pattern = #name;)
                    }
                    _ => quote_spanned!(span=>
                        let #name = #name;
                        #(#attributes)* let #pattern = #name;
                    ),
                });
                *typed.pat = parse_quote!(#name);
            }
        }
    }
    keep
}

/// Whether a function calls itself in a goroutine of its own.
fn spawns_itself(name: &Ident, body: &Block) -> bool {
    let tokens = body.to_token_stream();
    let calls = |word: &Ident, next: Option<&TokenTree>| {
        word == name && matches!(next, Some(TokenTree::Group(_)))
    };
    let spawns = |word: &Ident, next: Option<&TokenTree>| {
        word == "Go" || word == "go" && matches!(next, Some(TokenTree::Punct(_)))
    };
    mentions(tokens.clone(), &calls) && mentions(tokens, &spawns)
}

fn mentions(tokens: TokenStream, found: &dyn Fn(&Ident, Option<&TokenTree>) -> bool) -> bool {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_here = match token {
            TokenTree::Ident(word) => found(&word, tokens.peek()),
            TokenTree::Group(group) => mentions(group.stream(), found),
            TokenTree::Punct(_) | TokenTree::Literal(_) => false,
        };
        if is_here {
            return true;
        }
    }
    false
}
