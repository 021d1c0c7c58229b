//! The criteria of a search: fields, values, and how they compare; joined by AND, OR, NOT.

use super::{
    PlatformError,
    request::{Given, misfit},
};

/// The most criteria of one search, those in groups included.
const CRITERIA_COUNT_MAX: usize = 100;

/// The deepest nesting of groups.
const DEPTH_MAX: usize = 5;

/// What is searched.
pub(super) trait Subject {
    /// The values of a field; none if there is no such field.
    fn values(&self, field: &str) -> Vec<String>;
}

/// Criteria in the order in which they were given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Criteria(Vec<Criterion>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Criterion {
    operator: Operator,
    condition: Condition,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    And,
    Or,
    Not,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    All,
    Compare { fields: Vec<String>, values: Vec<String>, how: How },
    Group(Criteria),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Exact,
    StartsWith,
    Contains,
}

impl Criteria {
    /// Reads `query` of a search.
    pub(super) fn read(given: &Given) -> Result<Self, PlatformError> {
        let mut left = CRITERIA_COUNT_MAX;
        Self::list(&given.objects("query")?, DEPTH_MAX, &mut left)
    }

    /// Whether they hold: every AND, no NOT, and one OR if there is any.
    pub(super) fn hold(&self, subject: &dyn Subject) -> bool {
        let of = |operator| self.0.iter().filter(move |criterion| criterion.operator == operator);
        let holds = |criterion: &Criterion| criterion.condition.holds(subject);
        of(Operator::And).all(holds)
            && !of(Operator::Not).any(holds)
            && (of(Operator::Or).next().is_none() || of(Operator::Or).any(holds))
    }

    /// The values for which the field is searched exactly, joined by AND with all the rest.
    pub(super) fn exact(&self, field: &str) -> Option<&[String]> {
        self.0.iter().find_map(|criterion| match &criterion.condition {
            Condition::Compare { fields, values, how: How::Exact }
                if criterion.operator == Operator::And && *fields == [field] =>
            {
                Some(values.as_slice())
            }
            _ => None,
        })
    }

    /// Whether any criterion looks at the field.
    pub(super) fn mention(&self, field: &str) -> bool {
        self.0.iter().any(|criterion| match &criterion.condition {
            Condition::All => false,
            Condition::Compare { fields, .. } => fields.iter().any(|known| known == field),
            Condition::Group(criteria) => criteria.mention(field),
        })
    }

    fn list(given: &[Given], depth: usize, left: &mut usize) -> Result<Self, PlatformError> {
        if given.len() > *left || depth == 0 {
            return Err(PlatformError::bad_request(format!(
                "the search has more than {CRITERIA_COUNT_MAX} criteria, or groups deeper than {DEPTH_MAX}: search for less at once"
            )));
        }
        *left -= given.len();
        let criteria = given.iter().map(|given| Criterion::read(given, depth, left));
        criteria.collect::<Result<_, _>>().map(Self)
    }
}

impl Criterion {
    fn read(given: &Given, depth: usize, left: &mut usize) -> Result<Self, PlatformError> {
        let word = |name: &str| {
            Ok::<_, PlatformError>(given.text(name)?.unwrap_or_default().to_ascii_uppercase())
        };
        let operator = match word("operator")?.as_str() {
            "" | "AND" => Operator::And,
            "OR" => Operator::Or,
            "NOT" => Operator::Not,
            _ => return Err(misfit("operator", "AND, OR or NOT")),
        };
        let group = given.objects("group")?;
        if !group.is_empty() {
            let condition = Condition::Group(Criteria::list(&group, depth - 1, left)?);
            return Ok(Self { operator, condition });
        }
        let how = match word("type")?.as_str() {
            "" | "EXACT" | "TERM" | "TERMS" => How::Exact,
            "STARTS_WITH" => How::StartsWith,
            "CONTAINS" | "QUERY_STRING" => How::Contains,
            "MATCH_ALL" => return Ok(Self { operator, condition: Condition::All }),
            _ => {
                return Err(misfit(
                    "type",
                    "EXACT, TERM, TERMS, STARTS_WITH, CONTAINS or MATCH_ALL",
                ));
            }
        };
        let mut values = given.texts("values")?;
        values.extend(given.text("value")?.map(str::to_owned));
        let values = values.iter().map(|value| value.trim().to_lowercase()).collect();
        let fields = given.texts("fields")?;
        Ok(Self { operator, condition: Condition::Compare { fields, values, how } })
    }
}

impl Condition {
    fn holds(&self, subject: &dyn Subject) -> bool {
        match self {
            Self::All => true,
            Self::Group(criteria) => criteria.hold(subject),
            Self::Compare { fields, values, how } => fields.iter().any(|field| {
                let found = subject.values(field);
                found.iter().any(|found| {
                    let found = found.to_lowercase();
                    values.iter().any(|value| how.holds(&found, value))
                })
            }),
        }
    }
}

impl How {
    fn holds(self, found: &str, value: &str) -> bool {
        match self {
            Self::Exact => found == value,
            Self::StartsWith => found.starts_with(value),
            Self::Contains => found.contains(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    struct Ada;

    impl Subject for Ada {
        fn values(&self, field: &str) -> Vec<String> {
            match field {
                "name" => vec!["Ada Lovelace".to_owned()],
                "email" => vec!["ada@b.c".to_owned(), "al@work.c".to_owned()],
                _ => Vec::new(),
            }
        }
    }

    #[track_caller]
    fn check(query: Value, expected: bool) {
        let criteria = Criteria::read(&Given(json!({"query": query}))).unwrap();
        assert_eq!(criteria.hold(&Ada), expected);
    }

    #[test]
    fn criteria_are_joined_by_their_operators() {
        let (ada, bob) = (
            json!({"fields": ["name"], "value": "ada lovelace", "type": "EXACT"}),
            json!({"fields": ["name"], "value": "bob", "type": "STARTS_WITH"}),
        );
        check(json!([]), true);
        check(json!([ada]), true);
        check(json!([ada, bob]), false);
        let or = |mut criterion: Value| {
            criterion["operator"] = json!("or");
            criterion
        };
        check(json!([or(ada.clone()), or(bob.clone())]), true);
        check(json!([{"operator": "NOT", "group": [bob]}]), true);
        check(
            json!([{"fields": ["name", "email"], "values": ["x", "al@WORK.c"], "type": "TERMS"}]),
            true,
        );
        check(json!([{"fields": ["email"], "value": "work", "type": "CONTAINS"}]), true);
        check(json!([{"type": "MATCH_ALL"}]), true);
        check(json!([{"fields": ["shoe"], "value": "", "type": "CONTAINS"}]), false);
    }

    #[test]
    fn too_much_is_refused() {
        let mut nested = json!([{"fields": ["name"], "value": "x"}]);
        for _ in 0..DEPTH_MAX {
            nested = json!([{"group": nested}]);
        }
        assert!(Criteria::read(&Given(json!({"query": nested}))).is_err());
        let many: Vec<_> = (0..=CRITERIA_COUNT_MAX).map(|_| json!({"type": "MATCH_ALL"})).collect();
        assert!(Criteria::read(&Given(json!({"query": many}))).is_err());
        assert!(Criteria::read(&Given(json!({"query": [{"type": "REGEX"}]}))).is_err());
    }
}
