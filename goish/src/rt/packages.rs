//! The operations of the packages of `golang.org/x/sync`, as the body of `go!` runs them.

use std::borrow::Borrow;
use std::hash::Hash;
use std::marker::Send;

use super::operation::{Operation, target};
use super::outcome::Finished;
use super::probe::{Acquire, DoShared, Go, Target, Wait};
use crate::context::Context;
use crate::errors::{IntoError, error};
use crate::singleflight::Landed;
use crate::types::int64;
use crate::{errgroup, semaphore, singleflight};

target! { [] errgroup::Group: Go }
target! { [] errgroup::Group: Wait }
target! { [] semaphore::Weighted: Acquire }
target! {
    [V: Clone + Send + Sync + 'static, K: Hash + Eq + Clone + Send + 'static]
    singleflight::Group<V, K>: DoShared
}

impl Operation<'_, Go, errgroup::Group> {
    pub async fn run<R: IntoError>(
        self,
        function: impl FnOnce() -> R + Send + 'static,
    ) -> Finished<()> {
        self.receiver.go(async move { function() }).await;
        Finished(())
    }
}

impl Operation<'_, Wait, errgroup::Group> {
    pub async fn run(self, (): ()) -> Finished<error> {
        Finished(self.receiver.wait().await)
    }
}

impl Operation<'_, Acquire, semaphore::Weighted> {
    pub async fn run(self, (ctx, n): (impl Borrow<Context>, int64)) -> Finished<error> {
        // Who waits has a context of its own: what lends it one need not move between threads.
        let ctx = ctx.borrow().clone();
        Finished(self.receiver.acquire(&ctx, n).await)
    }
}

impl<V, K> Operation<'_, DoShared, singleflight::Group<V, K>>
where
    V: Clone + Send + Sync + 'static,
    K: Hash + Eq + Clone + Send + 'static,
{
    pub async fn run(
        self,
        (key, function): (impl Into<K>, impl FnOnce() -> Result<V, error>),
    ) -> Landed<V> {
        self.receiver.land(key.into(), function).await
    }
}
