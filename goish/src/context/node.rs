//! What a context is: a chain of nodes, each with what it adds to its parent.

use std::any::{Any, type_name};
use std::fmt;
use std::mem;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::cancel::Cancel;
use crate::chan::Chan;
use crate::coop;
use crate::errors::{error, nil};
use crate::time::{self, Time};

/// Go's `context.Context`. Clones are the same context. The default is [`Background`].
///
/// [`Background`]: super::Background
#[derive(Clone, Default)]
pub struct Context(Handle);

#[derive(Clone, Default)]
enum Handle {
    #[default]
    Background,
    Todo,
    Node(Arc<Node>),
}

struct Node {
    parent: Context,
    kind: Kind,
    /// What ends it, its own or that of one that it comes from.
    cancel: Option<Arc<Cancel>>,
    deadline: Option<Time>,
}

/// What a node adds to its parent.
pub(super) enum Kind {
    Cancel,
    Deadline,
    Value(Value),
    WithoutCancel,
}

pub(super) struct Value {
    key: Box<dyn Any + Send + Sync>,
    value: Box<dyn Any + Send + Sync>,
    key_type: &'static str,
    value_type: &'static str,
}

impl Kind {
    pub(super) fn value<K, V>(key: K, value: V) -> Self
    where
        K: Any + Send + Sync,
        V: Any + Send + Sync,
    {
        Self::Value(Value {
            key: Box::new(key),
            value: Box::new(value),
            key_type: type_name::<K>(),
            value_type: type_name::<V>(),
        })
    }
}

impl Context {
    pub(super) const fn background() -> Self {
        Self(Handle::Background)
    }

    pub(super) const fn todo() -> Self {
        Self(Handle::Todo)
    }

    pub(super) fn child(
        &self,
        cancel: Option<Arc<Cancel>>,
        deadline: Option<Time>,
        kind: Kind,
    ) -> Self {
        Self(Handle::Node(Arc::new(Node {
            parent: self.clone(),
            kind,
            cancel,
            deadline,
        })))
    }

    fn node(&self) -> Option<&Arc<Node>> {
        match &self.0 {
            Handle::Node(node) => Some(node),
            Handle::Background | Handle::Todo => None,
        }
    }

    /// What ends this context, if anything does.
    pub(super) fn cancel(&self) -> Option<&Arc<Cancel>> {
        self.node()?.cancel.as_ref()
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        self.node()?.deadline
    }

    /// A channel that is closed when the context ends: nil if it never does. Every call gives the
    /// same one.
    ///
    /// ```
    /// use goish::prelude::*;
    ///
    /// let (ctx, cancel) = context::WithCancel(context::Background());
    /// let results = chan!(int);
    /// cancel();
    /// select! {
    ///     case n := <-results:
    ///         unreachable!("nobody sends {n}")
    ///     case <-ctx.Done():
    ///         println!("{}", ctx.Err())
    /// }
    /// ```
    pub fn Done(&self) -> Chan<()> {
        self.cancel()
            .map_or(const { Chan::nil() }, |cancel| cancel.done())
    }

    /// Nil while the context has not ended, and then why it did: [`Canceled`] or
    /// [`DeadlineExceeded`]. [`Done`](Context::Done) is closed when this is not nil.
    ///
    /// [`Canceled`]: super::Canceled
    /// [`DeadlineExceeded`]: super::DeadlineExceeded
    pub fn Err(&self) -> error {
        let err = self.cancel().map_or(nil, |cancel| cancel.err());
        coop::did_not_block();
        err
    }

    /// When the context ends at the latest, and whether there is such a time.
    pub fn Deadline(&self) -> (Time, bool) {
        let deadline = self.deadline();
        (deadline.unwrap_or_default(), deadline.is_some())
    }

    /// The value that [`WithValue`](super::WithValue) gave this key, in this context or in one that
    /// it comes from. `None` if there is none.
    ///
    /// # Panics
    ///
    /// If the value of the key is of another type.
    #[track_caller]
    pub fn Value<V: Clone + 'static>(&self, key: impl PartialEq + 'static) -> Option<V> {
        let mut next = self;
        while let Some(node) = next.node() {
            if let Kind::Value(value) = &node.kind
                && value.key.downcast_ref() == Some(&key)
            {
                return Some(value.get());
            }
            next = &node.parent;
        }
        None
    }
}

impl Value {
    #[track_caller]
    fn get<V: Clone + 'static>(&self) -> V {
        match self.value.downcast_ref::<V>() {
            Some(value) => value.clone(),
            None => panic!(
                "the value of the context's key {} is of the type `{}`, and was asked for as `{}`: \
                 ask for it as what WithValue was given",
                self.key_type,
                self.value_type,
                type_name::<V>(),
            ),
        }
    }
}

/// A chain may be long: it is taken apart link by link, and not by one drop within the other.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = mem::take(&mut self.parent);
        while let Handle::Node(node) = next.0 {
            let Some(mut node) = Arc::into_inner(node) else {
                return;
            };
            next = mem::take(&mut node.parent);
        }
    }
}

// A panic leaves nothing half done in here.
impl UnwindSafe for Context {}
impl RefUnwindSafe for Context {}

/// The same context, and not only one that ends when this one does.
impl PartialEq for Context {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Handle::Background, Handle::Background) | (Handle::Todo, Handle::Todo) => true,
            (Handle::Node(ours), Handle::Node(theirs)) => Arc::ptr_eq(ours, theirs),
            _ => false,
        }
    }
}

impl Eq for Context {}

/// How it came about, as in Go: `context.Background.WithCancel`.
impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut nodes = Vec::new();
        let mut root = self;
        while let Some(node) = root.node() {
            nodes.push(node);
            root = &node.parent;
        }
        f.write_str(match root.0 {
            Handle::Todo => "context.TODO",
            _ => "context.Background",
        })?;
        for node in nodes.into_iter().rev() {
            match &node.kind {
                Kind::Cancel => f.write_str(".WithCancel")?,
                Kind::Deadline => {
                    let left = time::Until(node.deadline.unwrap_or_default());
                    write!(f, ".WithDeadline([{left}])")?;
                }
                Kind::Value(value) => {
                    write!(f, ".WithValue({}, {})", value.key_type, value.value_type)?;
                }
                Kind::WithoutCancel => f.write_str(".WithoutCancel")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
