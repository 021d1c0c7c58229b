//! Attribute paths: any text is read or refused, also as what to sort by and what to show;
//! what is read prints as a text that reads the same.

use scim::{Path, Projection, Sort};

/// Checks one text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(path) = Path::parse(text) else { return };
    let printed = path.to_string();
    assert_eq!(Path::parse(&printed).as_ref(), Ok(&path), "printed as {printed}");
    let schema = scim::schema::standard::users();
    let _ = schema.resolve(&path);
    if let Ok(sort) = Sort::parse(text, true, &schema) {
        let _ = sort.key(&crate::patch::user(), &schema);
    }
    if let Ok(projection) = Projection::parse(text, "", &schema) {
        let _ = projection.project(crate::patch::user(), &schema);
    }
    let resource = scim::resource::assemble(&[(path.clone(), "value".into())]);
    let _ = scim::resource::get(&resource, &path);
}
