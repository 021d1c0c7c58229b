//! Filters: any text is read or refused; what is read prints as a text that reads the
//! same, holds or does not hold for a resource, and becomes a question to an index.

use scim::filter::Dialect;
use scim::selection::{Selection, select};
use scim::{Filter, schema};

/// Checks one text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(filter) = Filter::parse(text) {
        let printed = filter.to_string();
        assert_eq!(Filter::parse(&printed).as_ref(), Ok(&filter), "printed as {printed}");
        evaluate(&filter);
    }
    if let Ok(filter) = Filter::parse_with(text, Dialect { unquoted_values: true }) {
        let printed = filter.to_string();
        assert_eq!(Filter::parse(&printed), Ok(filter), "printed as {printed}");
    }
}

fn evaluate(filter: &Filter) {
    let schema = schema::standard::users();
    let user = crate::patch::user();
    let matches = filter.matches(&user, &schema);
    let negated = Filter::Not(Box::new(filter.clone()));
    assert_ne!(negated.matches(&user, &schema), matches, "{filter}");
    let _ = filter.check(&schema);
    let selected = select(filter, &schema, &|_| true);
    assert!(!matches || selected.selection != Selection::Nothing, "{filter}");
}
