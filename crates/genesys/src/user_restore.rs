//! Giving deleted users back from the command line.

use crate::{
    Organisation, administration::AdministrationError, grant::Reach, profile::Profile,
    record::COMMAND_LINE, refusal::Refusal, user::User, writer::Writer,
};

impl Organisation {
    /// Gives a deleted user back, active and without the roles it had, and without the
    /// identifiers that another active user has by now; recorded as done on the command line.
    /// Whether the service lets two users have one identifier is not known here.
    pub async fn restore_user(&self, id: &str) -> Result<User, AdministrationError> {
        let missing = || AdministrationError::Missing { kind: "deleted user", id: id.to_owned() };
        let user = self.user(id).await?.filter(User::is_deleted).ok_or_else(missing)?;
        let writer = Writer {
            client_id: COMMAND_LINE,
            mirror: "",
            reach: &Reach::All,
            method: "PATCH",
            correlation_id: "",
        };
        let mut profile = Profile { active: Some(true), ..user.profile.clone() };
        let mut mirrors = user.mirrors.clone();
        for (authority, value) in self.passed_on(&user).await? {
            profile.external_ids.retain(|id| id.authority != authority || id.value != value);
            mirrors.retain(|known, of| *known != authority || *of != value);
        }
        match self.overwrite(writer, &user, profile, mirrors).await {
            Ok(Some(user)) => Ok(user),
            Err(Refusal::Store(error)) => Err(error.into()),
            Err(Refusal::Client(error)) => Err(AdministrationError::Refused(error.detail)),
            // Somebody else was quicker.
            Ok(None) | Err(Refusal::Missing { .. }) => Err(missing()),
        }
    }
}
