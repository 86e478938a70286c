//! For the trials of this crate itself: which guard to leave out, and where to be interrupted.
//!
//! Every guard is a value given to a constructor, so that a checker can be seen to find the harm that
//! the guard prevents. Nothing here is for services.

/// How a relay or consumer under trial differs from the usual, which is not at all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trial {
    /// What keeps order and counts.
    pub guards: Guards,
    /// Told of each step when it is done. It may end or freeze the process.
    pub at: Option<fn(Step)>,
}

/// What keeps events from being lost, doubled or reordered; all of it unless told otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Guards {
    /// How a window is read.
    pub cut: Cut,
    /// What ends the work of a leader that was replaced.
    pub fence: Fence,
    /// A record is taken only behind the one that it names as the one before it.
    pub chain: bool,
    /// Effects commit together with the mark.
    pub mark_with_effect: bool,
    /// An event that fails holds back those of its key; without it, it is passed over.
    pub parking: bool,
}

impl Guards {
    /// All of them.
    pub const fn all() -> Self {
        let (cut, fence) = (Cut::Snapshots, Fence::Term);
        Self { cut, fence, chain: true, mark_with_effect: true, parking: true }
    }
}

impl Default for Guards {
    fn default() -> Self {
        Self::all()
    }
}

/// Which events are in a window, and in which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// What its snapshot shows and the one before did not, by sequence number.
    Snapshots,
    /// Whatever is above the highest sequence number so far: the naive cursor.
    Cursor,
    /// What lies below the oldest running transaction and did not before, by sequence number.
    Horizon,
    /// As [`Cut::Snapshots`], but ordered by transaction id.
    ByTransaction,
}

/// What ends the work of a leader that was replaced while it did not notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// Its term, in every seal, and its lease's clock.
    Term,
    /// Only that each window's number is taken once and follows the leader's own last one.
    Number,
    /// Nothing: it seals behind whatever window is the newest.
    Nothing,
}

/// What a relay or a consumer has just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Relay: about to seal a window.
    Sealing,
    /// Relay: the window is sealed, and durable.
    Sealed,
    /// Relay: its first event is read.
    Read,
    /// Relay: all of it is handed to the producer.
    Produced,
    /// Relay: the broker has all of it.
    Acked,
    /// Relay: progress is stored.
    Advanced,
    /// Consumer: a record was fetched.
    Fetched,
    /// Consumer: the transaction has begun.
    Begun,
    /// Consumer: the mark is locked or moved.
    Marked,
    /// Consumer: the handlers are done.
    Handled,
    /// Consumer: the transaction is committed.
    Committed,
    /// Consumer: the offset is told to the client.
    OffsetStored,
}

impl Trial {
    /// Tells whoever interrupts.
    pub(crate) fn pass(self, step: Step) {
        if let Some(at) = self.at {
            at(step);
        }
    }
}
