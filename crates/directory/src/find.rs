//! Finding objects: by id, by name, by page.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use engine::object::ObjectKind;
use store::directory as statements;
use store::directory::ObjectRow;
use store::key::fold;
use store::{Query, Rows};

use crate::error::{Candidate, DirectoryError};
use crate::{Directory, Object, limited};

/// Most candidates shown for a name that several have.
const CANDIDATES_MAX: usize = 5;

/// Most similar names shown for one that nothing has.
const NEAR_MAX: usize = 3;

/// Most objects compared with a name that nothing has.
const COMPARED_MAX: usize = 200;

/// Most characters of a name that are compared.
const COMPARED_LENGTH_MAX: usize = 100;

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Only objects whose name, sign-in name or mail address contains this, in any case.
    pub search: Option<String>,
    /// The recycle bin instead of what is there.
    pub deleted: bool,
    /// The last object of the page before.
    pub after: Option<ListKey>,
    /// Most objects in the page.
    pub limit: usize,
}

/// A place in a list: objects are listed by name, then id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListKey {
    name: String,
    id: String,
}

impl Directory {
    /// The object that a person means by `reference`: an id, a user principal name, or a display name
    /// or mail address if only one has it. What is in the recycle bin is found if nothing else is.
    ///
    /// # Errors
    /// Nothing or several go by it; the error names who may be meant.
    pub async fn find(
        &self,
        reference: &str,
        kind: Option<ObjectKind>,
    ) -> Result<Object, DirectoryError> {
        let (organisation, key) = (&*self.organisation, fold(reference.trim()));
        let limit = limited(CANDIDATES_MAX + 1);
        let named = |kind: ObjectKind| {
            statements::objects_by_name(organisation, kind.as_str(), &key, limit)
        };
        let stages = [
            vec![statements::object(organisation, reference.trim())],
            vec![statements::object_by_principal(organisation, &key)],
            vec![named(ObjectKind::User), named(ObjectKind::Group)],
            vec![statements::objects_by_mail(organisation, &key, limit)],
            vec![statements::deleted_objects(organisation, &key, limit)],
        ];
        let mut other_kind = None;
        for queries in stages {
            let mut found = Vec::new();
            for rows in self.many(queries).await? {
                found.extend(objects(&rows)?);
            }
            let (fitting, others): (Vec<Object>, Vec<Object>) =
                found.into_iter().partition(|object| kind.is_none_or(|kind| kind == object.kind));
            other_kind = other_kind.or(others.into_iter().next());
            match <[Object; 1]>::try_from(fitting) {
                Ok([object]) => return Ok(object),
                Err(none) if none.is_empty() => {}
                Err(several) => {
                    let candidates =
                        several.iter().take(CANDIDATES_MAX).map(Candidate::of).collect();
                    return Err(DirectoryError::Ambiguous {
                        reference: reference.to_owned(),
                        candidates,
                    });
                }
            }
        }
        if let (Some(object), Some(wanted)) = (other_kind, kind) {
            return Err(DirectoryError::WrongKind {
                display_name: object.display_name,
                found: object.kind,
                wanted,
            });
        }
        let near = self.near(&key, kind).await?;
        Err(DirectoryError::NotFound { kind, reference: reference.to_owned(), near })
    }

    /// The objects with these ids, in the recycle bin or not; ids without an object are left out.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn objects(&self, ids: &[String]) -> Result<Vec<Object>, DirectoryError> {
        let queries = ids.iter().map(|id| statements::object(&self.organisation, id)).collect();
        let mut found = Vec::with_capacity(ids.len());
        for rows in self.many(queries).await? {
            found.extend(objects(&rows)?);
        }
        Ok(found)
    }

    /// The object with this id.
    ///
    /// # Errors
    /// There is none.
    pub async fn object(&self, id: &str) -> Result<Object, DirectoryError> {
        let found = objects(&self.one(statements::object(&self.organisation, id)).await?)?.pop();
        found.ok_or_else(|| DirectoryError::NotFound {
            kind: None,
            reference: id.to_owned(),
            near: Vec::new(),
        })
    }

    /// Objects outside the recycle bin, by id, behind the id `after`, at most `limit` of them.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn walk(
        &self,
        kind: Option<ObjectKind>,
        after: &str,
        limit: usize,
    ) -> Result<Vec<Object>, DirectoryError> {
        let kind = kind.map_or("", ObjectKind::as_str);
        objects(&self.one(statements::walk(&self.organisation, kind, after, limited(limit))).await?)
    }

    /// A page of objects by name.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn list(
        &self,
        kind: ObjectKind,
        query: &ListQuery,
    ) -> Result<Vec<Object>, DirectoryError> {
        let pattern =
            query.search.as_ref().map(|text| format!("%{}%", like_literal(&fold(text.trim()))));
        let after = query.after.as_ref().map_or(("", ""), |after| (&after.name, &after.id));
        let limit = limited(query.limit);
        objects(
            &self.one(self.listed(kind, query.deleted, pattern.as_deref(), after, limit)).await?,
        )
    }

    /// How many objects of a kind there are, in the recycle bin or outside it.
    ///
    /// # Errors
    /// The data file fails.
    pub async fn count(&self, kind: ObjectKind, deleted: bool) -> Result<usize, DirectoryError> {
        let rows = self.one(statements::count(&self.organisation, kind.as_str(), deleted)).await?;
        let count = rows.first().map(|row| row.integer(0)).transpose()?.unwrap_or_default();
        Ok(usize::try_from(count).unwrap_or_default())
    }

    fn listed(
        &self,
        kind: ObjectKind,
        deleted: bool,
        pattern: Option<&str>,
        after: (&str, &str),
        limit: i64,
    ) -> Query {
        statements::list(&self.organisation, kind.as_str(), deleted, pattern, after, limit)
    }

    /// Who may be meant by a name that nobody has.
    async fn near(
        &self,
        key: &str,
        kind: Option<ObjectKind>,
    ) -> Result<Vec<Candidate>, DirectoryError> {
        let kinds = kind.map_or(vec![ObjectKind::User, ObjectKind::Group], |kind| vec![kind]);
        let mut names = BTreeMap::new();
        for word in key
            .split([' ', '.', '@', '_', '-'])
            .filter(|word| word.chars().count() >= WORD_LENGTH_MIN)
        {
            let start: String = word.chars().take(WORD_LENGTH_MIN).collect();
            let pattern = format!("%{}%", like_literal(&start));
            for kind in &kinds {
                let query =
                    self.listed(*kind, false, Some(&pattern), ("", ""), limited(COMPARED_MAX));
                for object in objects(&self.one(query).await?)? {
                    let principal = object.user_principal_name().unwrap_or_default();
                    let alias = principal.split('@').next().unwrap_or_default();
                    for name in [object.display_name.as_str(), principal, alias] {
                        names.insert(fold(name), Candidate::of(&object));
                    }
                }
            }
        }
        let mut near = Vec::new();
        for name in nearest(key, names.keys().cloned()) {
            let candidate = &names[&name];
            if !near.contains(candidate) {
                near.push(candidate.clone());
            }
        }
        Ok(near)
    }
}

/// Shortest part of a name that similar names are looked for by.
const WORD_LENGTH_MIN: usize = 3;

impl ListKey {
    /// The place of an object.
    #[must_use]
    pub fn of(object: &Object) -> Self {
        Self { name: fold(&object.display_name), id: object.id.clone() }
    }
}

impl Candidate {
    pub(crate) fn of(object: &Object) -> Self {
        Self {
            id: object.id.clone(),
            kind: object.kind,
            display_name: object.display_name.clone(),
            user_principal_name: object.user_principal_name().map(str::to_owned),
        }
    }
}

pub(crate) fn objects(rows: &Rows) -> Result<Vec<Object>, DirectoryError> {
    rows.iter().map(|row| Object::from_row(ObjectRow::read(row)?)).collect()
}

/// `text` as a literal part of a pattern for LIKE.
pub(crate) fn like_literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            literal.push('\\');
        }
        literal.push(character);
    }
    literal
}

/// The names most similar to `name`, best first; none that is not similar at all.
pub(crate) fn nearest(name: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let wanted = fold(name);
    let tolerance = (wanted.chars().count() / 3).clamp(1, 4);
    let mut near: Vec<(usize, Reverse<bool>, String)> = names
        .filter_map(|name| {
            let key = fold(&name);
            let contains = wanted.chars().count() >= WORD_LENGTH_MIN && key.contains(&wanted);
            let distance = strsim::levenshtein(&compared(&wanted), &compared(&key));
            (contains || distance <= tolerance).then_some((distance, Reverse(contains), name))
        })
        .collect();
    near.sort();
    near.dedup();
    near.into_iter().take(NEAR_MAX).map(|(_, _, name)| name).collect()
}

/// As much of a name as is compared.
fn compared(name: &str) -> String {
    name.chars().take(COMPARED_LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_names_come_first() {
        let names = ["department", "displayName", "deparment2", "city"];
        assert_eq!(
            nearest("departmant", names.iter().map(ToString::to_string)),
            ["department", "deparment2"]
        );
        assert!(nearest("x", names.iter().map(ToString::to_string)).is_empty());
    }

    #[test]
    fn a_pattern_takes_text_literally() {
        assert_eq!(like_literal(r"50%_\a"), r"50\%\_\\a");
    }
}
