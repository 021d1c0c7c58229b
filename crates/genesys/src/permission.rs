//! Permissions: what an OAuth client may do, and which permission an operation needs.
//!
//! A permission is `domain:entity:action`; `*` stands for any entity or action. Operations
//! need *any* of a list, as the vendor documents them.
//! Pure: no clock, no database, no network.

use axum::http::Method;

/// The vendor's ready-made role for SCIM clients.
pub const SCIM_ROLE: &str = "SCIM Integration";

/// What the role [`SCIM_ROLE`] may do.
pub(crate) const SCIM_PERMISSIONS: &[&str] = &[
    "authorization:grant:add",
    "authorization:grant:delete",
    "directory:group:edit",
    "directory:user:add",
    "directory:user:delete",
    "directory:user:edit",
    "directory:user:setPassword",
    "routing:language:assign",
    "routing:skill:assign",
    "telephony:extension:assign",
];

/// What the administrators' role may do: everything.
pub(crate) const ADMIN_PERMISSIONS: &[&str] = &["*:*:*"];

/// What a change of routing skills needs, beside what the operation needs.
pub(crate) const ASSIGN_SKILLS: &str = "routing:skill:assign";

/// What a change of routing languages needs.
pub(crate) const ASSIGN_LANGUAGES: &str = "routing:language:assign";

const CREATE_USER: &[&str] = &[
    "directory:user:add",
    "authorization:grant:add",
    "authorization:grant:delete",
    "routing:skill:assign",
    "routing:language:assign",
    "telephony:extension:assign",
];

const CHANGE_USER: &[&str] = &[
    "directory:user:edit",
    "directory:user:setPassword",
    "authorization:grant:add",
    "authorization:grant:delete",
    "routing:skill:assign",
    "routing:language:assign",
    "telephony:extension:assign",
];

const DELETE_USER: &[&str] = &["directory:user:delete"];

const ANY_GROUP: &[&str] = &["directory:group:edit"];

/// The longest permission, in characters.
const PERMISSION_LENGTH_MAX: usize = 128;

/// Of which permissions a SCIM request needs one; empty if a token is enough.
pub(crate) fn of_scim(method: &Method, endpoint: &str) -> &'static [&'static str] {
    if endpoint.eq_ignore_ascii_case("groups") {
        return ANY_GROUP;
    }
    if !endpoint.eq_ignore_ascii_case("users") {
        return &[];
    }
    match *method {
        Method::POST => CREATE_USER,
        Method::PUT | Method::PATCH => CHANGE_USER,
        Method::DELETE => DELETE_USER,
        _ => &[],
    }
}

/// Every way in which a role may hold one of `needed`: by its name, or by a wildcard.
pub(crate) fn forms(needed: &[&str]) -> Vec<String> {
    let mut forms = vec!["*:*:*".to_owned()];
    for permission in needed {
        let (domain, rest) = permission.split_once(':').unwrap_or((permission, "*"));
        let (entity, _) = rest.split_once(':').unwrap_or((rest, "*"));
        for form in
            [(*permission).to_owned(), format!("{domain}:{entity}:*"), format!("{domain}:*:*")]
        {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    forms
}

/// Whether the text is a permission: three words, the later ones may be `*`.
pub(crate) fn is_permission(text: &str) -> bool {
    let words: Vec<&str> = text.split(':').collect();
    let is_word = |word: &str| {
        word == "*"
            || !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    text.len() <= PERMISSION_LENGTH_MAX && words.len() == 3 && words.into_iter().all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: Method, endpoint: &str, expected: &str) {
        let needed = of_scim(&method, endpoint);
        assert_eq!(needed.first().copied().unwrap_or("-"), expected, "{method} {endpoint}");
    }

    #[test]
    fn each_operation_needs_what_is_documented() {
        check(Method::POST, "users", "directory:user:add");
        check(Method::PUT, "Users", "directory:user:edit");
        check(Method::PATCH, "USERS", "directory:user:edit");
        check(Method::DELETE, "users", "directory:user:delete");
        check(Method::GET, "users", "-");
        check(Method::GET, "groups", "directory:group:edit");
        check(Method::PATCH, "Groups", "directory:group:edit");
        check(Method::GET, "schemas", "-");
        check(Method::GET, "serviceproviderconfig", "-");
    }

    #[test]
    fn the_ready_made_role_may_do_every_operation() {
        for needed in [CREATE_USER, CHANGE_USER, DELETE_USER, ANY_GROUP] {
            assert!(needed.iter().all(|permission| SCIM_PERMISSIONS.contains(permission)));
        }
    }

    #[test]
    fn a_wildcard_stands_for_what_it_covers() {
        assert_eq!(
            forms(&["directory:user:add"]),
            ["*:*:*", "directory:user:add", "directory:user:*", "directory:*:*"]
        );
    }

    #[test]
    fn a_permission_has_three_words() {
        for (text, expected) in [
            ("directory:user:add", true),
            ("directory:user:*", true),
            ("*:*:*", true),
            ("directory:user", false),
            ("directory:user:add:more", false),
            ("directory::add", false),
            ("directory:user:a d", false),
            ("", false),
        ] {
            assert_eq!(is_permission(text), expected, "{text}");
        }
    }
}
