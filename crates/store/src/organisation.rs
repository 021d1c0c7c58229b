//! The organisations of a data file.

use crate::{Db, StoreError};

/// The id of the organisation that was made first, if there is one.
pub async fn first(db: &Db) -> Result<Option<String>, StoreError> {
    let rows =
        db.query("SELECT id FROM organisation ORDER BY created, id LIMIT 1", Vec::new()).await?;
    rows.first().map(|row| row.text(0).map(str::to_owned)).transpose()
}
