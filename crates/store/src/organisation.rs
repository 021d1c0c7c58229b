//! The organisations of a data file.

use crate::{Db, Query, Step, StoreError};

/// The id of the organisation that was made first, if there is one.
pub async fn first(db: &Db) -> Result<Option<String>, StoreError> {
    let rows =
        db.query("SELECT id FROM organisation ORDER BY created, id LIMIT 1", Vec::new()).await?;
    rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()
}

/// Reads the organisation's default domain.
#[must_use]
pub fn default_domain(organisation: &str) -> Query {
    ("SELECT default_domain FROM organisation WHERE id = $1", vec![organisation.into()])
}

/// Sets the organisation's default domain, or takes it away.
#[must_use]
pub fn set_default_domain(organisation: &str, domain: Option<String>) -> Step {
    Step::Expect(
        "UPDATE organisation SET default_domain = $2 WHERE id = $1",
        vec![organisation.into(), domain.into()],
        1,
    )
}
