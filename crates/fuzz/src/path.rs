//! Attribute paths: any text is read or refused; what is read prints as a text that reads
//! the same, and a value put at a path is found there.

use scim::Path;

/// Checks one text.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(path) = Path::parse(text) else { return };
    let printed = path.to_string();
    assert_eq!(Path::parse(&printed).as_ref(), Ok(&path), "printed as {printed}");
    let _ = scim::schema::standard::users().resolve(&path);
    let resource = scim::resource::assemble(&[(path.clone(), "value".into())]);
    let _ = scim::resource::get(&resource, &path);
}
