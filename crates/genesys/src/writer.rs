//! Who writes: a client, how far it reaches, and how the write is recorded.

use scim::ScimError;

use crate::{
    Organisation,
    grant::Reach,
    permission::{ASSIGN_LANGUAGES, ASSIGN_SKILLS},
    profile::Profile,
    refusal::Refusal,
    skill::Skill,
    user::User,
};

/// Who writes, how far they reach, and how the write is recorded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writer<'w> {
    pub(crate) client_id: &'w str,
    /// The authority of what the client calls `externalId`.
    pub(crate) mirror: &'w str,
    /// The divisions whose users the client may write.
    pub(crate) reach: &'w Reach,
    pub(crate) method: &'static str,
    pub(crate) correlation_id: &'w str,
}

impl Organisation {
    /// Refuses changes of routing skills and languages without the permission for them.
    pub(crate) async fn check_assignments(
        &self,
        writer: Writer<'_>,
        before: Option<&User>,
        after: &User,
    ) -> Result<(), Refusal> {
        type Assigned = fn(&Profile) -> &[Skill];
        let assigned: [(Assigned, &str); 2] = [
            (|profile| &profile.routing_skills, ASSIGN_SKILLS),
            (|profile| &profile.routing_languages, ASSIGN_LANGUAGES),
        ];
        for (of, permission) in assigned {
            let old = before.map_or(&[][..], |before| of(&before.profile));
            if old != of(&after.profile) && !self.may(writer.client_id, permission).await? {
                let detail = format!(
                    "the client has not the permission {permission}: give it a role with it, or leave out the attribute"
                );
                return Err(ScimError::new(403, detail).into());
            }
        }
        Ok(())
    }
}

impl Writer<'_> {
    /// Refuses a division that the client's roles were not given for.
    pub(crate) fn check_reach(&self, division_id: &str) -> Result<(), Refusal> {
        if self.reach.covers(division_id) {
            return Ok(());
        }
        Err(Refusal::Client(ScimError::new(
            403,
            "the client's roles were not given for the division of this user: give them for it, or for all divisions",
        )))
    }
}
