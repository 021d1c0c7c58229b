//! Finding users: the statements that read them.

use store::{StoreError, Value};

use crate::{
    Organisation,
    refusal::Refusal,
    user::{State, User},
    user_filter::Search,
};

/// A user with all that it shows; [`User::from_row`] reads the columns. `person` holds
/// the users, `team` the groups: `user` and `group` are words of SQL itself.
macro_rules! select {
    ($($where:tt)*) => {
        concat!(
            "SELECT p.id, p.state, p.user_name, p.display_name, d.name, p.manager_id, p.work_email,
               p.employee_number, p.details, p.version, p.modified,
               (SELECT json_group_array(t.name ORDER BY g.place)
                  FROM role_grant g JOIN term t ON t.id = g.role_id WHERE g.subject_id = p.id),
               (SELECT json_group_object(e.authority, e.value)
                  FROM external_id e WHERE e.owner_id = p.id),
               (SELECT json_group_array(m.team_id ORDER BY m.team_id)
                  FROM member m WHERE m.member_id = p.id),
               p.division_id
             FROM person p JOIN term d ON d.id = p.division_id WHERE ",
            $($where)*
        )
    };
}

/// The conditions of a [`Search`], led by the one whose index is to be used.
macro_rules! conditions {
    ($first:literal) => {
        concat!(
            $first,
            " AND ($10 OR p.state <> 'deleted')
              AND ($1 IS NULL OR p.state = $1)
              AND ($2 IS NULL OR p.id = $2)
              AND ($3 IS NULL OR p.name_key = $3)
              AND ($4 IS NULL OR p.manager_id = $4)
              AND ($5 IS NULL OR p.name_key = $5 OR p.work_email_key = $5)
              AND ($6 IS NULL OR p.division_id =
                    (SELECT id FROM term WHERE kind = 'division' AND name_key = $6))
              AND ($7 IS NULL OR p.employee_number = $7)
              AND ($8 IS NULL OR p.id IN
                    (SELECT owner_id FROM external_id WHERE authority = $8 AND value = $9))
              AND ($11 IS NULL OR p.id NOT IN (SELECT value FROM json_each($11)))"
        )
    };
}

/// The two statements of a list.
#[derive(Clone, Copy)]
struct Listing {
    count: &'static str,
    page: &'static str,
}

macro_rules! listing {
    ($first:literal) => {
        Listing {
            count: concat!("SELECT count(*) FROM person p WHERE ", conditions!($first)),
            page: select!(conditions!($first), " ORDER BY p.number LIMIT $12 OFFSET $13"),
        }
    };
}

const BY_ID: Listing = listing!("p.id = $2");
const BY_NAME: Listing = listing!("p.name_key = $3");
const BY_EXTERNAL_ID: Listing =
    listing!("p.id IN (SELECT owner_id FROM external_id WHERE authority = $8 AND value = $9)");
const BY_EMAIL: Listing = listing!("(p.name_key = $5 OR p.work_email_key = $5)");
const BY_EMPLOYEE_NUMBER: Listing = listing!("p.employee_number = $7");
const BY_MANAGER: Listing = listing!("p.manager_id = $4");
const BY_DIVISION: Listing =
    listing!("p.division_id = (SELECT id FROM term WHERE kind = 'division' AND name_key = $6)");
const BY_STATE: Listing = listing!("p.state = $1");
const ALL: Listing = listing!("p.number > 0");

/// A page of users, and how many match in all.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPage {
    /// How many match.
    pub total: usize,
    /// Those of this page, in the order in which they were created.
    pub users: Vec<User>,
}

impl Organisation {
    /// The users that `search` means, from the one at `offset` (counted from 0), at most
    /// `limit` of them.
    pub async fn users(
        &self,
        search: &Search,
        offset: usize,
        limit: usize,
    ) -> Result<UserPage, StoreError> {
        let images = self.images();
        let listing = search.listing();
        let conditions = search.values(images.keys());
        let count = (listing.count, conditions.clone());
        let page = (listing.page, [conditions, vec![whole(limit), whole(offset)]].concat());
        let mut answers = self.db.snapshot(vec![count, page]).await?.into_iter();
        let (Some(count), Some(rows)) = (answers.next(), answers.next()) else {
            return Err(StoreError::Closed);
        };
        let total = count.first().map(|row| row.integer(0)).transpose()?.unwrap_or_default();
        let users = rows.iter().map(User::from_row).collect::<Result<_, _>>()?;
        let mut page = UserPage { total: usize::try_from(total).unwrap_or_default(), users };
        page.trail(
            images.into_values().flatten().filter(|user| search.matches(user)),
            offset,
            limit,
        );
        Ok(page)
    }

    /// The users with these ids, by id, deleted ones too; ids that nobody has are passed over.
    pub(crate) async fn users_with_ids(&self, ids: &[&str]) -> Result<Vec<User>, StoreError> {
        let ids: serde_json::Value = ids.iter().copied().collect();
        let named = select!("p.id IN (SELECT value FROM json_each($1)) ORDER BY p.id");
        let rows = self.db.query(named, [ids.into()]).await?;
        rows.iter().map(User::from_row).collect()
    }

    /// The user with this id, deleted ones too.
    pub(crate) async fn user(&self, id: &str) -> Result<Option<User>, StoreError> {
        let rows = self.db.query(select!("p.id = $1"), [id.into()]).await?;
        rows.first().map(User::from_row).transpose()
    }

    /// The user with this id, who is not deleted.
    pub(crate) async fn present_user(&self, id: &str) -> Result<User, Refusal> {
        let user = self.user(id).await?.filter(|user| user.state != State::Deleted);
        user.ok_or_else(|| Refusal::Missing { kind: "User", id: id.to_owned() })
    }
}

impl UserPage {
    /// Appends users as lists know them still, behind all others.
    fn trail(&mut self, users: impl Iterator<Item = User>, offset: usize, limit: usize) {
        let (before, room) = (self.total, limit - self.users.len().min(limit));
        let mut users: Vec<User> = users.collect();
        users.sort_by(|one, other| one.id.cmp(&other.id));
        self.total += users.len();
        self.users.extend(users.into_iter().skip(offset.saturating_sub(before)).take(room));
    }
}

impl Search {
    /// The statements that use the index of the condition with the fewest hits.
    fn listing(&self) -> Listing {
        let by = [
            (self.id.is_some(), BY_ID),
            (self.name_key.is_some(), BY_NAME),
            (self.external_id.is_some(), BY_EXTERNAL_ID),
            (self.email_key.is_some(), BY_EMAIL),
            (self.employee_number.is_some(), BY_EMPLOYEE_NUMBER),
            (self.manager.is_some(), BY_MANAGER),
            (self.division_key.is_some(), BY_DIVISION),
            (self.state.is_some(), BY_STATE),
        ];
        by.into_iter().find(|(is_given, _)| *is_given).map_or(ALL, |(_, listing)| listing)
    }

    /// The values `$1` to `$11` of the conditions; the users `apart` are left out.
    fn values<'i>(&self, apart: impl ExactSizeIterator<Item = &'i String>) -> Vec<Value> {
        let (authority, value) = self.external_id.clone().unzip();
        let apart = (apart.len() > 0)
            .then(|| apart.map(String::as_str).collect::<serde_json::Value>().to_string());
        vec![
            self.state.map(State::word).into(),
            self.id.as_ref().into(),
            self.name_key.as_ref().into(),
            self.manager.as_ref().into(),
            self.email_key.as_ref().into(),
            self.division_key.as_ref().into(),
            self.employee_number.as_ref().into(),
            authority.into(),
            value.into(),
            self.with_deleted.into(),
            apart.into(),
        ]
    }
}

/// A number that stands in a statement.
pub(crate) fn whole(number: usize) -> Value {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}
