//! What an order's reservation may become, whatever arrives in whatever order.

/// Where a reservation stands.
///
/// ```text
///        place                confirm              dispatch
///  (none) ──► reserved ───────────────► held ───────────────► dispatched
///    │  │         │ cancel                │ cancel                ▲
///    │  └─► refused   ──► released ◄──────┘                       │
///    │ cancel     │ expire                                        │
///    ▼            └─────► expired ── confirm (if still there) ────┘ by way of held
///  forgone
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Set aside until confirmed, cancelled or expired.
    Reserved,
    /// Set aside until dispatched or cancelled.
    Held,
    /// Off the shelf.
    Dispatched,
    /// Cancelled; free again.
    Released,
    /// Not confirmed in time; free again.
    Expired,
    /// There was not enough; nothing is set aside.
    Refused,
    /// Cancelled before it was placed, as far as we heard; nothing will be set aside.
    Forgone,
}

/// What reaches a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Place,
    Confirm,
    Cancel,
    Dispatch,
    Expire,
}

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Nothing,
    /// Set every line aside, or none.
    Reserve,
    /// Keep what is set aside until it is dispatched or cancelled.
    Hold,
    /// What expired is needed after all: set it aside again, and hold it.
    ReserveAgain,
    /// Free everything, and end in this state.
    Release(State),
    /// Remember that the order must get nothing.
    Forgo,
    /// Take everything off the shelf.
    Depart,
    /// Take off the shelf what was free again in our books and has left nevertheless.
    DepartUnreserved,
}

/// Why a command cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Rejection {
    #[error("the order has not been placed, as far as inventory has heard")]
    NotPlacedYet,
    #[error("the order was confirmed or sent although no stock was set aside for it")]
    NeverReserved,
}

/// Decides what `command` does to a reservation. A repeated command does nothing.
pub(crate) fn decide(state: Option<State>, command: Command) -> Result<Step, Rejection> {
    use State::{Dispatched, Expired, Forgone, Held, Refused, Released, Reserved};
    match (state, command) {
        (None, Command::Place) => Ok(Step::Reserve),
        (None, Command::Cancel) => Ok(Step::Forgo),
        (None, Command::Confirm | Command::Dispatch) => Err(Rejection::NotPlacedYet),
        (None, Command::Expire) | (Some(_), Command::Place) => Ok(Step::Nothing),

        (Some(Reserved), Command::Confirm) => Ok(Step::Hold),
        (Some(Held | Dispatched), Command::Confirm) => Ok(Step::Nothing),
        // We heard of the confirmation later than our own timer fired.
        (Some(Expired), Command::Confirm) => Ok(Step::ReserveAgain),
        (Some(Released | Refused | Forgone), Command::Confirm) => Err(Rejection::NeverReserved),

        (Some(Reserved | Held), Command::Cancel) => Ok(Step::Release(Released)),
        (Some(Dispatched | Released | Expired | Refused | Forgone), Command::Cancel) => {
            Ok(Step::Nothing)
        }

        // shipping may be ahead of orders' own word on the confirmation.
        (Some(Reserved | Held), Command::Dispatch) => Ok(Step::Depart),
        (Some(Dispatched), Command::Dispatch) => Ok(Step::Nothing),
        (Some(Released | Expired), Command::Dispatch) => Ok(Step::DepartUnreserved),
        (Some(Refused | Forgone), Command::Dispatch) => Err(Rejection::NeverReserved),

        (Some(Reserved), Command::Expire) => Ok(Step::Release(Expired)),
        (Some(_), Command::Expire) => Ok(Step::Nothing),
    }
}

impl State {
    /// As the table writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Held => "held",
            Self::Dispatched => "dispatched",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Forgone => "forgone",
        }
    }

    /// Reads what the table holds.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [
            Self::Reserved,
            Self::Held,
            Self::Dispatched,
            Self::Released,
            Self::Expired,
            Self::Refused,
            Self::Forgone,
        ];
        all.into_iter().find(|state| state.as_str() == text)
    }
}

#[cfg(test)]
mod tests;
