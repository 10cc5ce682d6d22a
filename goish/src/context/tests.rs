//! What a context knows of those below it (Go's XTestParentFinishesChild, XTestChildFinishesFirst,
//! XTestCancelRemoves): nothing any more when they have ended, or were dropped.

use super::*;
use crate::time;

fn children(ctx: &Context) -> usize {
    ctx.cancel().unwrap().children()
}

#[test]
fn one_that_is_cancelled_is_forgotten() {
    let (ctx, cancel_all) = WithCancel(Background());
    let (_child, cancel) = WithCancel(&ctx);
    let (_timed, cancel_timed) = WithTimeout(WithValue(&ctx, "key", 1), time::Hour);
    let stop = AfterFunc(&ctx, || {});
    assert_eq!(children(&ctx), 3);
    cancel();
    assert_eq!(children(&ctx), 2);
    cancel_timed();
    assert_eq!(children(&ctx), 1);
    assert!(stop());
    assert_eq!(children(&ctx), 0);
    let (_child, _cancel) = WithCancelCause(&ctx);
    cancel_all();
    assert_eq!(children(&ctx), 0);
}

#[test]
fn one_whose_time_is_over_is_forgotten() {
    let (ctx, _cancel) = WithCancel(Background());
    let (child, _cancel) = WithTimeout(&ctx, time::Millisecond);
    let over: crate::Chan<()> = crate::Chan::new(0);
    {
        let over = over.clone();
        AfterFunc(&child, move || over.Close());
    }
    over.receive();
    // It is forgotten right after it has ended.
    while children(&ctx) > 0 {
        std::thread::yield_now();
    }
}

#[test]
fn one_that_is_dropped_is_forgotten() {
    let (ctx, _cancel) = WithCancel(Background());
    for _ in 0..10 {
        let (child, cancel) = WithCancel(&ctx);
        let grandchild = WithValue(WithCancel(&child).0, "key", 1);
        drop(child);
        drop(cancel);
        assert_eq!(children(&ctx), 1);
        drop(grandchild);
        assert_eq!(children(&ctx), 0);
    }
}

#[test]
fn a_channel_that_somebody_has_is_remembered() {
    let (ctx, cancel) = WithCancel(Background());
    let done = WithCancel(WithCancel(&ctx).0).0.Done();
    assert_eq!(children(&ctx), 1);
    cancel();
    assert_eq!(done.try_recv(), Err(goish_engines::TryRecvError::Closed));
}

#[test]
fn a_timer_is_taken_back() {
    let (parent, cancel_parent) = WithCancel(Background());
    let (one, cancel) = WithTimeout(&parent, time::Hour);
    let (other, _cancel) = WithTimeout(&parent, time::Hour);
    let has_timer = |ctx: &Context| ctx.cancel().unwrap().has_timer();
    assert!(has_timer(&one) && has_timer(&other));
    cancel();
    assert!(!has_timer(&one) && has_timer(&other));
    cancel_parent();
    assert!(!has_timer(&other));
}
