//! `golang.org/x/sync/singleflight`: of those who ask for the same at the same time one works, and
//! all have the result.
//!
//! | Go | Rust |
//! |---|---|
//! | `var g singleflight.Group` | `let g = singleflight::Group::<int>::new();` |
//! | `v, err, shared := g.Do(key, f)` | `let (v, shared) = g.Do(key, f);` |
//! | `if err != nil` | `if let Err(err) = v`, or `v?` |
//! | `r := <-g.DoChan(key, f)` | `let (r, _) = g.DoChan(key, f).Recv();` |
//! | `r.Val, r.Err, r.Shared` | `r.Val`, an `Option`, `r.Err` and `r.Shared` |
//! | `g.Forget(key)` | `g.Forget(&key);` |
//!
//! ```
//! use goish::prelude::*;
//!
//! let g = singleflight::Group::<int>::new();
//! let (v, shared) = g.Do("answer", || Ok(42));
//! assert_eq!((v.unwrap(), shared), (42, false));
//!
//! let (v, _) = g.Do("empty", || {
//!     let n = "".parse::<int>()?;
//!     Ok(n)
//! });
//! if let Err(err) = v {
//!     assert_eq!(err.Error(), "cannot parse integer from empty string");
//! }
//!
//! let (r, _) = g.DoChan("answer", || Ok(43)).Recv();
//! assert_eq!((r.Val, r.Err, r.Shared), (Some(43), nil, false));
//! g.Forget("answer");
//! ```

use std::borrow::Borrow;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use goish_scheduler::message_of;

use crate::chan::Chan;
use crate::errors::{error, nil};
use crate::sync::WaitGroup;
use crate::types::string;
use crate::{block, runtime};

/// Go's `singleflight.Group`: calls by key, each of which is made once at a time. Clones are the same
/// group.
///
/// The keys are strings, unless the second parameter says otherwise.
pub struct Group<V: Send, K = string>(Arc<Mutex<HashMap<K, Arc<Call<V>>>>>);

/// What [`Group::DoChan`] sends.
#[derive(Clone, Debug)]
pub struct Outcome<V> {
    /// The value, unless there is an error.
    pub Val: Option<V>,
    /// The error, or nil.
    pub Err: error,
    /// Whether several have it.
    pub Shared: bool,
}

/// One call, which some wait for.
struct Call<V: Send> {
    over: WaitGroup,
    /// There when it is over.
    ending: OnceLock<Ending<V>>,
    waiting: Mutex<Waiting<V>>,
}

/// Who else waits for a call.
struct Waiting<V: Send> {
    others: usize,
    channels: Vec<Chan<Outcome<V>>>,
}

/// How a call ended: with what it gave, or with a panic of that text.
type Ending<V> = Result<Result<V, error>, String>;

/// What [`Group::Do`] gives, when whoever called has it: a panic goes on in there.
#[doc(hidden)]
pub struct Landed<V> {
    ending: Ending<V>,
    shared: bool,
}

impl<V> Landed<V> {
    #[track_caller]
    pub fn finish(self) -> (Result<V, error>, bool) {
        match self.ending {
            Ok(result) => (result, self.shared),
            Err(message) => panic!("{message}"),
        }
    }
}

/// Who asks for a key: the first, who calls, or another.
enum Asking<V: Send> {
    First(Arc<Call<V>>),
    Other(Arc<Call<V>>),
}

impl<V: Send, K> Group<V, K>
where
    V: Clone + Send + Sync + 'static,
    K: Hash + Eq + Clone + Send + 'static,
{
    /// A group in which nobody calls yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Calls the function, unless somebody does for the same key: then waits for that call. Gives
    /// what the function gave, and whether several have it. In the body of `go!` the waiting suspends
    /// the goroutine; the function runs where it is called, and what it waits for blocks.
    ///
    /// # Panics
    ///
    /// If the function panics, whoever called it and all who wait for it, with the same text.
    #[track_caller]
    pub fn Do(
        &self,
        key: impl Into<K>,
        function: impl FnOnce() -> Result<V, error>,
    ) -> (Result<V, error>, bool) {
        block::on(self.land(key.into(), function)).finish()
    }

    /// As [`Do`](Group::Do), with the result on a channel. The function is called in a goroutine of
    /// its own. Nobody has to receive; the channel is not closed.
    ///
    /// A function that panics ends the program then, whoever calls it: on a channel nobody would
    /// hear of that.
    pub fn DoChan(
        &self,
        key: impl Into<K>,
        function: impl FnOnce() -> Result<V, error> + Send + 'static,
    ) -> Chan<Outcome<V>> {
        let key = key.into();
        let channel = Chan::new(1);
        if let Asking::First(call) = self.ask(&key, Some(&channel)) {
            let group = self.clone();
            runtime::spawn(async move { drop(group.call(&key, &call, function)) });
        }
        channel
    }

    /// Has the next `Do` of this key call its function, also while a call that began before goes on.
    pub fn Forget<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let forgotten = self.calls().remove(key);
        drop(forgotten);
    }

    /// As [`Do`](Group::Do), up to the panic.
    pub(crate) async fn land(
        &self,
        key: K,
        function: impl FnOnce() -> Result<V, error>,
    ) -> Landed<V> {
        match self.ask(&key, None) {
            Asking::First(call) => self.call(&key, &call, function),
            Asking::Other(call) => {
                call.over.wait().await;
                Landed {
                    ending: call.ending(),
                    shared: true,
                }
            }
        }
    }

    /// Takes part in the call of this key: on a channel, or by waiting for its end.
    fn ask(&self, key: &K, channel: Option<&Chan<Outcome<V>>>) -> Asking<V> {
        let mut calls = self.calls();
        if let Some(call) = calls.get(key) {
            let mut waiting = call.waiting();
            waiting.others += 1;
            waiting.channels.extend(channel.cloned());
            drop(waiting);
            return Asking::Other(call.clone());
        }
        let call = Arc::new(Call {
            over: WaitGroup::new(),
            ending: OnceLock::new(),
            waiting: Mutex::new(Waiting {
                others: 0,
                channels: channel.cloned().into_iter().collect(),
            }),
        });
        call.over.Add(1);
        calls.insert(key.clone(), call.clone());
        Asking::First(call)
    }

    /// Makes a call, and tells all who take part in it. Goes on with the function's own panic.
    fn call(
        &self,
        key: &K,
        call: &Arc<Call<V>>,
        function: impl FnOnce() -> Result<V, error>,
    ) -> Landed<V> {
        let caught = catch_unwind(AssertUnwindSafe(function));
        let ending = match &caught {
            Ok(result) => Ok(result.clone()),
            Err(payload) => Err(message_of(&**payload)),
        };
        let Waiting { others, channels } = self.end(key, call, ending);
        let shared = others > 0;
        match caught {
            Ok(result) => {
                for channel in channels {
                    // It is empty: there is one call for each.
                    channel.TrySend(Outcome::new(result.clone(), shared));
                }
                Landed {
                    ending: Ok(result),
                    shared,
                }
            }
            Err(payload) => {
                if !channels.is_empty() {
                    let message = message_of(&*payload);
                    runtime::spawn(async move { panic!("{message}") });
                }
                resume_unwind(payload)
            }
        }
    }

    /// Ends a call: nobody takes part any more, and those who wait for it go on.
    fn end(&self, key: &K, call: &Arc<Call<V>>, ending: Ending<V>) -> Waiting<V> {
        let is_first = call.ending.set(ending).is_ok();
        debug_assert!(is_first, "a call is made once");
        let mut calls = self.calls();
        let ours = calls.get(key).is_some_and(|known| Arc::ptr_eq(known, call));
        let removed = if ours { calls.remove(key) } else { None };
        drop(calls);
        drop(removed);
        let waiting = std::mem::replace(
            &mut *call.waiting(),
            Waiting {
                others: 0,
                channels: Vec::new(),
            },
        );
        call.over.Done();
        waiting
    }
}

impl<V: Send, K> Group<V, K> {
    fn calls(&self) -> MutexGuard<'_, HashMap<K, Arc<Call<V>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Send> Call<V> {
    fn waiting(&self) -> MutexGuard<'_, Waiting<V>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone + Send> Call<V> {
    /// How it ended, when it is over.
    fn ending(&self) -> Ending<V> {
        match self.ending.get() {
            Some(ending) => ending.clone(),
            None => unreachable!("a call has ended when it is over"),
        }
    }
}

impl<V> Outcome<V> {
    fn new(result: Result<V, error>, shared: bool) -> Self {
        let (value, err) = match result {
            Ok(value) => (Some(value), nil),
            Err(err) => (None, err),
        };
        Self {
            Val: value,
            Err: err,
            Shared: shared,
        }
    }
}

impl<V: Send, K> Clone for Group<V, K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<V: Send, K> Default for Group<V, K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<V> Default for Outcome<V> {
    fn default() -> Self {
        Self {
            Val: None,
            Err: nil,
            Shared: false,
        }
    }
}

impl<V: Send, K> fmt::Debug for Group<V, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("calls", &self.calls().values())
            .finish()
    }
}

impl<V: Send> fmt::Debug for Call<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("others", &self.waiting().others)
            .finish_non_exhaustive()
    }
}
