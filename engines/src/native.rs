//! The engine that was made for Go's rules: the waiting core over a ring of its own.
//!
//! What bounds it in each of the lab's cases, by profile, and how far it is from the bound that we
//! believe in: `docs/waiting-core.md`, *What bounds it*.

use crate::capabilities::{Capabilities, Info, Support};
use crate::channel::{Channel, Engine};
use crate::core::{Ring, Shared};
use crate::raw::{RawChannels, RawReceiver, RawSender, mapped};

/// The native engine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Native;

impl Engine for Native {
    const INFO: Info = Info {
        name: "native",
        package: "goish-engines",
        capabilities: Capabilities {
            buffered: Support::Native,
            rendezvous: Support::Native,
            unbounded: Support::Native,
            close: Support::Native,
            sender_order: Support::Native,
            select: Support::Native,
            cancellation: Support::Native,
            raw_rendezvous: Support::Native,
        },
    };
    type Channel<T: Send> = Shared<T, Ring<T>>;
    type Raw = Native;
}

// There is nothing to strip for `raw`: both halves are the channel itself, with all its rules.
impl RawChannels for Native {
    type Sender<T: Send + Unpin + 'static> = Shared<T, Ring<T>>;
    type Receiver<T: Send + Unpin + 'static> = Shared<T, Ring<T>>;

    fn bounded<T: Send + Unpin + 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>) {
        let channel = Shared::bounded(capacity);
        (channel.clone(), channel)
    }

    fn unbounded<T: Send + Unpin + 'static>() -> (Self::Sender<T>, Self::Receiver<T>) {
        let channel = Shared::unbounded();
        (channel.clone(), channel)
    }
}

impl<T: Send + Unpin + 'static> RawSender<T> for Shared<T, Ring<T>> {
    fn send(&self, value: T) -> impl Future<Output = bool> + Send {
        mapped(Channel::send(self, value), |sent| sent.is_ok())
    }

    fn end(self) {
        // Closed already is ended already.
        let _ = self.close();
    }
}

impl<T: Send + Unpin + 'static> RawReceiver<T> for Shared<T, Ring<T>> {
    fn recv(&self) -> impl Future<Output = Option<T>> + Send {
        Channel::recv(self)
    }
}
