//! The walk through a body.

use std::collections::HashSet;

use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    Arm, Attribute, Block, Expr, ExprAssign, ExprBinary, ExprCall, ExprClosure, ExprForLoop,
    ExprIf, ExprLet, ExprMatch, ExprMethodCall, ExprReference, ExprWhile, Item, Local, Pat,
    PatIdent, Signature, Stmt, StmtMacro, UseTree,
};

use super::{Assigned, Outer, Uses, Variable, macros};

/// What a body takes from outside.
pub(crate) fn of_body(body: &Block) -> Outer {
    let mut walk = Walk::default();
    walk.visit_block(body);
    walk.outer
}

/// Walks a body, and knows what has been declared in it.
#[derive(Default)]
pub(super) struct Walk {
    scopes: Vec<HashSet<String>>,
    outer: Outer,
    /// Whether this is the body of another goroutine, which sees to its assignments itself.
    pub(super) is_inner: bool,
}

const NOT_AT_ALL: Uses = Uses {
    whole: false,
    in_part: false,
    called: false,
    changed: false,
};
const WHOLE: Uses = Uses {
    whole: true,
    ..NOT_AT_ALL
};
const CHANGED: Uses = Uses {
    changed: true,
    ..WHOLE
};
const IN_PART: Uses = Uses {
    in_part: true,
    ..NOT_AT_ALL
};
const CALLED: Uses = Uses {
    called: true,
    ..NOT_AT_ALL
};

impl Walk {
    /// Takes note of a name whose value is used.
    pub(super) fn mention(&mut self, name: &Ident) {
        self.mention_how(name, WHOLE);
    }

    /// Whether a name may be that of a variable outside.
    fn is_outer(&self, name: &str) -> bool {
        let is_lower = !name.trim_start_matches("r#").contains(char::is_uppercase);
        let is_own = self.scopes.iter().any(|scope| scope.contains(name));
        // Go's `nil` is a constant, and Rust lets no variable have the name of one.
        is_lower && !is_own && name != "self" && name != "nil"
    }

    fn mention_how(&mut self, name: &Ident, how: Uses) {
        let text = name.to_string();
        if !self.is_outer(&text) {
            return;
        }
        let variables = &mut self.outer.variables;
        match variables.iter_mut().find(|known| known.name == text) {
            Some(known) => known.uses.add(how),
            None => variables.push(Variable {
                name: name.clone(),
                uses: how,
            }),
        }
    }

    pub(super) fn in_scope(&mut self, inside: impl FnOnce(&mut Self)) {
        self.scopes.push(HashSet::new());
        inside(self);
        self.scopes.pop();
    }

    /// Declares the names of a pattern in the innermost scope.
    pub(super) fn declare(&mut self, pattern: &Pat) {
        struct Names<'a>(&'a mut HashSet<String>);
        impl<'ast> Visit<'ast> for Names<'_> {
            fn visit_pat_ident(&mut self, name: &'ast PatIdent) {
                self.0.insert(name.ident.to_string());
                visit::visit_pat_ident(self, name);
            }
            fn visit_expr(&mut self, _: &'ast Expr) {}
        }
        if let Some(scope) = self.scopes.last_mut() {
            Names(scope).visit_pat(pattern);
        }
    }

    pub(super) fn statements(&mut self, statements: &[Stmt]) {
        self.in_scope(|walk| {
            for statement in statements {
                if let Stmt::Item(item) = statement {
                    walk.declare_item(item);
                }
            }
            for statement in statements {
                walk.visit_stmt(statement);
            }
        });
    }

    fn declare_item(&mut self, item: &Item) {
        let Some(scope) = self.scopes.last_mut() else {
            return;
        };
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Use(item) => return declare_imports(scope, &item.tree),
            _ => return,
        };
        scope.insert(name.to_string());
    }

    /// An expression that a pattern takes apart: Rust moves only the parts that are bound.
    pub(super) fn matched(&mut self, expression: &Expr, pattern: &Pat) {
        match pattern {
            Pat::Ident(PatIdent { subpat: None, .. }) => self.visit_expr(expression),
            Pat::Type(typed) => self.matched(expression, &typed.pat),
            Pat::Paren(inner) => self.matched(expression, &inner.pat),
            _ => self.taken_apart(expression),
        }
    }

    /// An expression of which perhaps only a part is used.
    fn taken_apart(&mut self, expression: &Expr) {
        match root(expression) {
            Some(name) => self.mention_how(name, IN_PART),
            None => self.visit_expr(expression),
        }
    }

    /// An expression that is changed in its place.
    fn changed(&mut self, expression: &Expr) {
        match expression {
            Expr::Paren(inner) => self.changed(&inner.expr),
            Expr::Group(inner) => self.changed(&inner.expr),
            Expr::Path(path) => {
                if let Some(name) = path.path.get_ident() {
                    self.mention_how(name, CHANGED);
                }
            }
            Expr::Index(index) => {
                self.changed(&index.expr);
                self.visit_expr(&index.index);
            }
            _ => self.visit_expr(expression),
        }
    }

    /// What an assignment assigns to, which may be several at once.
    fn assigned(&mut self, target: &Expr) {
        match target {
            Expr::Tuple(tuple) => tuple.elems.iter().for_each(|target| self.assigned(target)),
            Expr::Array(array) => array.elems.iter().for_each(|target| self.assigned(target)),
            _ => {
                self.assigned_to(target);
                self.changed(target);
            }
        }
    }

    /// Takes note of the place that an assignment changes, if that belongs to a variable itself.
    fn assigned_to(&mut self, place: &Expr) {
        match place {
            Expr::Index(index) => return self.assigned_to(&index.expr),
            Expr::Paren(inner) => return self.assigned_to(&inner.expr),
            Expr::Group(inner) => return self.assigned_to(&inner.expr),
            _ => {}
        }
        if let Some(variable) = root(place)
            && self.is_outer(&variable.to_string())
            && !self.is_inner
        {
            self.outer.assigned.push(Assigned {
                variable: variable.clone(),
                place: place.to_token_stream(),
            });
        }
    }
}

/// The variable of which an expression is a field, or which it is.
fn root(expression: &Expr) -> Option<&Ident> {
    match expression {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        Expr::Paren(inner) => root(&inner.expr),
        Expr::Group(inner) => root(&inner.expr),
        _ => None,
    }
}

fn declare_imports(scope: &mut HashSet<String>, tree: &UseTree) {
    match tree {
        UseTree::Path(path) => declare_imports(scope, &path.tree),
        UseTree::Name(name) => {
            scope.insert(name.ident.to_string());
        }
        UseTree::Rename(name) => {
            scope.insert(name.rename.to_string());
        }
        UseTree::Group(group) => {
            let trees = group.items.iter();
            trees.for_each(|tree| declare_imports(scope, tree));
        }
        _ => {}
    }
}

/// Whether an attribute decides if there is any code at all.
fn is_conditional(attributes: &[Attribute]) -> bool {
    attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("cfg"))
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_expr(&mut self, expression: &'ast Expr) {
        if is_conditional(attributes(expression)) {
            return;
        }
        match expression {
            Expr::Path(path) => {
                if path.qself.is_none()
                    && let Some(name) = path.path.get_ident()
                {
                    self.mention(name);
                }
            }
            Expr::Field(_) => match root(expression) {
                Some(name) => self.mention_how(name, IN_PART),
                None => visit::visit_expr(self, expression),
            },
            // A constant of its own: it cannot use variables.
            Expr::Const(inner) => {
                let mut inside = Self::default();
                inside.visit_block(&inner.block);
                self.item_uses(inside);
            }
            Expr::Macro(invocation) => macros::walk(self, &invocation.mac),
            _ => visit::visit_expr(self, expression),
        }
    }

    fn visit_expr_assign(&mut self, assignment: &'ast ExprAssign) {
        self.visit_expr(&assignment.right);
        self.assigned(&assignment.left);
    }

    fn visit_expr_binary(&mut self, binary: &'ast ExprBinary) {
        if is_assignment(&binary.op) {
            self.visit_expr(&binary.right);
            self.assigned(&binary.left);
        } else {
            visit::visit_expr_binary(self, binary);
        }
    }

    fn visit_expr_reference(&mut self, reference: &'ast ExprReference) {
        if reference.mutability.is_some() {
            self.assigned_to(&reference.expr);
            self.changed(&reference.expr);
        } else {
            self.visit_expr(&reference.expr);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        match &*call.func {
            // A function, or a closure, which moves as it would without us.
            Expr::Path(path) => {
                if let Some(name) = path.path.get_ident() {
                    self.mention_how(name, CALLED);
                }
            }
            function => self.visit_expr(function),
        }
        call.args
            .iter()
            .for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if takes_shared(&call.method) {
            self.visit_expr(&call.receiver);
        } else {
            self.changed(&call.receiver);
        }
        call.args
            .iter()
            .for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_let(&mut self, condition: &'ast ExprLet) {
        self.matched(&condition.expr, &condition.pat);
        self.declare(&condition.pat);
    }

    fn visit_expr_if(&mut self, branch: &'ast ExprIf) {
        self.in_scope(|walk| {
            walk.visit_expr(&branch.cond);
            walk.visit_block(&branch.then_branch);
        });
        if let Some((_, otherwise)) = &branch.else_branch {
            self.visit_expr(otherwise);
        }
    }

    fn visit_expr_while(&mut self, each: &'ast ExprWhile) {
        self.in_scope(|walk| {
            walk.visit_expr(&each.cond);
            walk.visit_block(&each.body);
        });
    }

    fn visit_expr_for_loop(&mut self, each: &'ast ExprForLoop) {
        self.visit_expr(&each.expr);
        self.in_scope(|walk| {
            walk.declare(&each.pat);
            walk.visit_block(&each.body);
        });
    }

    fn visit_expr_match(&mut self, choice: &'ast ExprMatch) {
        self.taken_apart(&choice.expr);
        choice.arms.iter().for_each(|arm| self.visit_arm(arm));
    }

    fn visit_arm(&mut self, arm: &'ast Arm) {
        if is_conditional(&arm.attrs) {
            return;
        }
        self.in_scope(|walk| {
            walk.declare(&arm.pat);
            visit::visit_arm(walk, arm);
        });
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.in_scope(|walk| {
            closure.inputs.iter().for_each(|input| walk.declare(input));
            walk.visit_expr(&closure.body);
        });
    }

    fn visit_block(&mut self, block: &'ast Block) {
        self.statements(&block.stmts);
    }

    fn visit_local(&mut self, local: &'ast Local) {
        if let Some(init) = &local.init
            && !is_conditional(&local.attrs)
        {
            self.matched(&init.expr, &local.pat);
            if let Some((_, otherwise)) = &init.diverge {
                self.visit_expr(otherwise);
            }
        }
        self.declare(&local.pat);
    }

    fn visit_stmt_macro(&mut self, invocation: &'ast StmtMacro) {
        if !is_conditional(&invocation.attrs) {
            macros::walk(self, &invocation.mac);
        }
    }

    /// An item inside the body has scopes of its own.
    fn visit_item(&mut self, item: &'ast Item) {
        self.outer.has_items = true;
        let mut inside = Self::default();
        inside.in_scope(|walk| visit::visit_item(walk, item));
        self.item_uses(inside);
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        for input in &signature.inputs {
            if let syn::FnArg::Typed(typed) = input {
                self.declare(&typed.pat);
            }
        }
    }

    /// Of a pattern only the guard is code that runs.
    fn visit_pat(&mut self, pattern: &'ast Pat) {
        if let Pat::Guard(guarded) = pattern {
            self.visit_expr(&guarded.guard);
        }
    }

    fn visit_path(&mut self, _: &'ast syn::Path) {}
    fn visit_type(&mut self, _: &'ast syn::Type) {}
}

impl Walk {
    fn item_uses(&mut self, inside: Self) {
        let used = inside.outer.variables.into_iter();
        self.outer
            .items
            .extend(used.map(|used| used.name.to_string()));
        self.outer.items.extend(inside.outer.items);
    }
}

fn is_assignment(operator: &syn::BinOp) -> bool {
    use syn::BinOp::*;
    matches!(
        operator,
        AddAssign(_)
            | SubAssign(_)
            | MulAssign(_)
            | DivAssign(_)
            | RemAssign(_)
            | BitXorAssign(_)
            | BitAndAssign(_)
            | BitOrAssign(_)
            | ShlAssign(_)
            | ShrAssign(_)
    )
}

/// Whether a method of that name is known not to change what it is called on.
fn takes_shared(method: &Ident) -> bool {
    [
        "Add",
        "Broadcast",
        "Cap",
        "Close",
        "Do",
        "Done",
        "Go",
        "Len",
        "Lock",
        "RLock",
        "Recv",
        "Send",
        "Signal",
        "TryLock",
        "TryRecv",
        "TrySend",
        "Wait",
        "clone",
        "iter",
        "len",
        "load",
        "lock",
        "recv",
        "send",
        "store",
        "wait",
    ]
    .iter()
    .any(|known| method == known)
}

fn attributes(expression: &Expr) -> &[Attribute] {
    match expression {
        Expr::Array(expression) => &expression.attrs,
        Expr::Assign(expression) => &expression.attrs,
        Expr::Async(expression) => &expression.attrs,
        Expr::Binary(expression) => &expression.attrs,
        Expr::Block(expression) => &expression.attrs,
        Expr::Break(expression) => &expression.attrs,
        Expr::Call(expression) => &expression.attrs,
        Expr::Closure(expression) => &expression.attrs,
        Expr::ForLoop(expression) => &expression.attrs,
        Expr::If(expression) => &expression.attrs,
        Expr::Loop(expression) => &expression.attrs,
        Expr::Macro(expression) => &expression.attrs,
        Expr::Match(expression) => &expression.attrs,
        Expr::MethodCall(expression) => &expression.attrs,
        Expr::Path(expression) => &expression.attrs,
        Expr::Return(expression) => &expression.attrs,
        Expr::Unsafe(expression) => &expression.attrs,
        Expr::While(expression) => &expression.attrs,
        _ => &[],
    }
}
