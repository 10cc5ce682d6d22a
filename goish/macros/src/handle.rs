//! `#[derive(Handle)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Data, DeriveInput, Fields, Generics, Index, Member, Type, parse_quote};

use crate::go_fn::Arguments;
use crate::names::{Root, hidden, local};

/// Shares each field.
pub(crate) fn derive(item: &DeriveInput) -> syn::Result<TokenStream> {
    let root = root(item)?.path();
    let (name, mut generics) = (&item.ident, item.generics.clone());
    let arms: Vec<TokenStream> = match &item.data {
        Data::Struct(data) => vec![arm(&root, &quote!(Self), &data.fields)],
        Data::Enum(data) => {
            let variants = data.variants.iter().map(|variant| {
                let name = &variant.ident;
                arm(&root, &quote!(Self::#name), &variant.fields)
            });
            variants.collect()
        }
        Data::Union(data) => {
            let message = "a union is no handle: derive it for a struct or an enum of handles";
            return Err(syn::Error::new(data.union_token.span, message));
        }
    };
    for field in types(&item.data) {
        if mentions_parameter(field, &item.generics) {
            let clause = generics.make_where_clause();
            clause.predicates.push(parse_quote!(#field: #root::Handle));
        }
    }
    let (parameters, arguments, clause) = generics.split_for_impl();
    let value = if arms.is_empty() {
        quote!(match *self {})
    } else {
        quote!(match self { #(#arms)* })
    };
    Ok(quote! {
        #[automatically_derived]
        impl #parameters #root::Handle for #name #arguments #clause {
            #[inline]
            fn share(&self) -> Self {
                #value
            }
        }
    })
}

fn root(item: &DeriveInput) -> syn::Result<Root> {
    let attribute = item
        .attrs
        .iter()
        .find(|attribute| attribute.path().is_ident("handle"));
    match attribute {
        Some(attribute) => Ok(attribute.parse_args::<Arguments>()?.root),
        None => Ok(Root::by_default()),
    }
}

/// Takes a value apart, and makes another of the same variant.
fn arm(root: &TokenStream, variant: &TokenStream, fields: &Fields) -> TokenStream {
    let (mut patterns, mut values) = (Vec::new(), Vec::new());
    for (at, field) in fields.iter().enumerate() {
        let member = match &field.ident {
            Some(name) => Member::Named(name.clone()),
            None => Member::Unnamed(Index::from(at)),
        };
        let bound = local(&format!("field{at}"), field.ty.span());
        patterns.push(quote!(#member: #bound));
        let at = hidden(field.ty.span());
        values.push(quote_spanned!(at=> #member: #root::Handle::share(#bound)));
    }
    quote!(#variant { #(#patterns),* } => #variant { #(#values),* },)
}

fn types(data: &Data) -> Vec<&Type> {
    match data {
        Data::Struct(data) => data.fields.iter().map(|field| &field.ty).collect(),
        Data::Enum(data) => {
            let fields = data.variants.iter().flat_map(|variant| &variant.fields);
            fields.map(|field| &field.ty).collect()
        }
        Data::Union(_) => Vec::new(),
    }
}

/// Whether it depends on a parameter if a type is a handle.
fn mentions_parameter(field: &Type, generics: &Generics) -> bool {
    struct Search<'a>(&'a Generics, bool);
    impl<'ast> Visit<'ast> for Search<'_> {
        fn visit_path(&mut self, path: &'ast syn::Path) {
            let first = path.segments.first().map(|segment| &segment.ident);
            self.1 |= self
                .0
                .type_params()
                .any(|parameter| Some(&parameter.ident) == first);
            visit::visit_path(self, path);
        }
    }
    let mut search = Search(generics, false);
    search.visit_type(field);
    search.1
}
