//! What an order's use of a coupon may become, whatever arrives in whatever order.

/// Where a use stands.
///
/// ```text
///        place             confirm
///  (none) ──► reserved ───────────► redeemed
///    │  └───► refused │ cancel
///    │ cancel         ▼
///    ▼             released
///  forgone
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Reserved,
    Redeemed,
    Released,
    Refused,
    /// Cancelled before it was placed, as far as we heard.
    Forgone,
}

/// What reaches a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Place,
    Confirm,
    Cancel,
}

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Nothing,
    Reserve,
    Redeem,
    Release,
    Forgo,
}

/// Decides what `command` does to a use. A repeated command does nothing, and an order without a
/// use has used no coupon.
pub(crate) fn decide(state: Option<State>, command: Command) -> Step {
    match (state, command) {
        (None, Command::Place) => Step::Reserve,
        (None, Command::Cancel) => Step::Forgo,
        (Some(State::Reserved), Command::Confirm) => Step::Redeem,
        (Some(State::Reserved), Command::Cancel) => Step::Release,
        (None, Command::Confirm) | (Some(_), _) => Step::Nothing,
    }
}

impl State {
    /// As the table writes it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Redeemed => "redeemed",
            Self::Released => "released",
            Self::Refused => "refused",
            Self::Forgone => "forgone",
        }
    }

    /// Reads what the table holds.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let all = [Self::Reserved, Self::Redeemed, Self::Released, Self::Refused, Self::Forgone];
        all.into_iter().find(|state| state.as_str() == text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_set_aside_once_and_then_spent_or_freed_once() {
        assert_eq!(decide(None, Command::Place), Step::Reserve);
        assert_eq!(decide(Some(State::Reserved), Command::Place), Step::Nothing);
        assert_eq!(decide(Some(State::Reserved), Command::Confirm), Step::Redeem);
        assert_eq!(decide(Some(State::Redeemed), Command::Cancel), Step::Nothing);
        assert_eq!(decide(Some(State::Reserved), Command::Cancel), Step::Release);
        assert_eq!(decide(Some(State::Released), Command::Confirm), Step::Nothing);
    }

    #[test]
    fn an_order_cancelled_first_gets_no_use() {
        assert_eq!(decide(None, Command::Cancel), Step::Forgo);
        assert_eq!(decide(Some(State::Forgone), Command::Place), Step::Nothing);
        assert_eq!(State::parse(State::Forgone.as_str()), Some(State::Forgone));
    }
}
