//! What accounts may do: granting roles, and saying so.

use kernel::AccountId;
use messaging::{Outgoing, Tx};
use web::{Caller, Role};

use super::Auth;
use crate::store::accounts::Account;
use crate::{Error, publish, store};

/// Appends events about an account with the versions that follow its last.
pub(crate) async fn say(tx: &mut Tx, id: AccountId, events: Vec<Outgoing>) -> Result<(), Error> {
    let count = i64::try_from(events.len()).unwrap_or(i64::MAX);
    let last = store::accounts::advance(tx, id, count).await?;
    messaging::append(tx, publish::numbered(events, last)).await?;
    Ok(())
}

impl Auth {
    /// Lets an account do more, on behalf of staff. Granting twice has no further effect. The caller's
    /// role is read anew: a token may be older than what the caller may do now.
    pub(crate) async fn grant_role(
        &self,
        caller: &Caller,
        id: AccountId,
        role: Role,
    ) -> Result<Account, Error> {
        if !self.account(caller).await?.roles.contains(&Role::Staff) {
            return Err(web::RequestError::MissingRole(Role::Staff.as_str()).into());
        }
        let now = self.clock.now();
        let mut tx = Tx::begin(&self.db).await?;
        store::accounts::lock(&mut tx, id).await?;
        if store::accounts::grant(&mut tx, id, role, now).await? {
            say(&mut tx, id, vec![publish::role_granted(id, role)]).await?;
            let (by, role) = (caller.account, role.as_str());
            tracing::info!(account.id = %id, granted_by = %by, role, "role granted");
        }
        let account = store::accounts::find(&mut tx, id).await?;
        tx.commit().await?;
        Ok(account)
    }
}
