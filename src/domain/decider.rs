//! The one shape of every rule in this crate.

/// A pure state machine: `decide` answers a command with facts, `evolve` folds one fact into the state.
pub trait Decider: Default {
    /// What somebody wants to happen, with the time, ids and look-ups it needs.
    type Command: Clone;
    /// What happened.
    type Event: Clone;
    /// Why a command is refused, in words fit for a user.
    type Rejection: std::error::Error + 'static;

    /// Answers a command with the facts that follow from it.
    ///
    /// An empty list means that the command is satisfied already.
    ///
    /// # Errors
    /// The command is refused; the state stays as it was.
    fn decide(&self, command: Self::Command) -> Result<Vec<Self::Event>, Self::Rejection>;

    /// Folds one fact into the state. Total: a fact can't be refused.
    #[must_use]
    fn evolve(self, event: &Self::Event) -> Self;

    /// Folds a whole history, oldest first.
    fn replay<'a>(events: impl IntoIterator<Item = &'a Self::Event>) -> Self
    where
        Self::Event: 'a,
    {
        events.into_iter().fold(Self::default(), Self::evolve)
    }
}
