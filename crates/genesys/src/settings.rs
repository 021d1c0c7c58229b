//! Settings: how the organisation behaves where the vendor's documentation is silent, and
//! what a test wants to provoke.
//!
//! Each setting has a name, a default and a sentence; they are written as `NAME=VALUE`, on
//! a command line or one a line in a file. Pure: no clock, no database, no network.

mod choice;

pub use choice::{
    Absent, BarePath, Counted, CreateStatus, DeleteStatus, Duplicate, Endpoint, GrantDivision,
    LargePages, Named, Owner, Seconds, Suffix,
};

use choice::Choice;

/// The vendor's limit for one OAuth client.
pub const RATE_LIMIT_PER_MINUTE: u32 = 300;

/// Resources in a page if the client does not say: the vendor's number.
const PAGE_SIZE_DEFAULT: u32 = 25;

/// The most resources in a page. The vendor documents none.
const PAGE_SIZE_MAX: u32 = 100;

/// Up to so many members the answer to a change of a group shows them.
const ANSWERED_MEMBERS_MAX: u32 = 1_000;

/// A setting, for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Setting {
    /// The name.
    pub name: &'static str,
    /// The value that holds.
    pub value: String,
    /// The value unless it is set.
    pub default: String,
    /// What values there are.
    pub choices: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

/// Why a setting was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// It is not written as `NAME=VALUE`.
    #[error("\"{0}\" is no setting: write it as NAME=VALUE")]
    Form(String),
    /// There is none of this name.
    #[error("there is no setting \"{0}\": \"instep genesys settings\" lists them")]
    Name(String),
    /// The value is none of its choices.
    #[error("the setting \"{name}\" cannot be \"{value}\": choose {choices}")]
    Value {
        /// The setting.
        name: &'static str,
        /// What was given.
        value: String,
        /// What can be given.
        choices: &'static str,
    },
    /// A line of a file is at fault.
    #[error("line {line}: {error}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        error: Box<SettingError>,
    },
}

macro_rules! settings {
    ($($field:ident $name:literal: $type:ty = $default:expr, $meaning:literal;)*) => {
        /// All settings. The default is the behaviour that the vendor's documentation,
        /// its clients and reports from the field make most likely.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
        pub struct Settings {
            $(#[doc = $meaning] pub $field: $type,)*
        }

        impl Default for Settings {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl Settings {
            /// Every setting with its value, in the order of the documentation.
            #[must_use]
            pub fn all(&self) -> Vec<Setting> {
                let default = Self::default();
                vec![$(Setting {
                    name: $name,
                    value: self.$field.text(),
                    default: default.$field.text(),
                    choices: <$type as Choice>::CHOICES,
                    meaning: $meaning,
                },)*]
            }

            fn put(&mut self, name: &str, value: &str) -> Result<(), SettingError> {
                match name {
                    $($name => self.$field = read($name, value)?,)*
                    _ => return Err(SettingError::Name(name.to_owned())),
                }
                Ok(())
            }
        }
    };
}

settings! {
    rate_limit "rate-limit": Option<u32> = Some(RATE_LIMIT_PER_MINUTE),
        "requests a minute; beyond them the answer is 429 with Retry-After";
    rate_limit_scope "rate-limit-scope": Counted = Counted::Client,
        "whose requests are counted together: those of a client, or of each of its tokens";
    permissions "permissions": bool = true,
        "whether a client needs a role with the permission for what it asks";
    division_scope "division-scope": bool = true,
        "whether a role that was given for a division reaches only the users of that division";
    idle_timeout "idle-timeout": Option<u32> = None,
        "seconds after which a token that nobody used ends; 900 is the vendor's with HIPAA";
    page_size_default "page-size-default": u32 = PAGE_SIZE_DEFAULT,
        "resources in a page if the request has no count";
    page_size_max "page-size-max": u32 = PAGE_SIZE_MAX,
        "resources in a page at most, whatever count says";
    large_pages "large-pages": LargePages = LargePages::Limited,
        "what becomes of a count above 25 while externalId, roles, routing skills or languages are shown: \
         429 if the page would hold more than 25 (limited), 429 always (refused), or the page (served); \
         or, where neither attributes nor excludedAttributes are sent, a page of 25 (cut)";
    list_lag "list-lag": Seconds = Seconds(0),
        "seconds by which lists and filters of users trail behind writes over HTTP";
    inactive_found "inactive-found": bool = true,
        "whether a filter that does not ask for active finds inactive users, too";
    group_filter "group-filter-required": bool = false,
        "whether the list of groups of the v2 family needs a filter";
    group_create "group-create": Endpoint = Endpoint::Refused,
        "POST of a group by SCIM: 405 (refused), 404 (missing) or a group (allowed)";
    group_delete "group-delete": Endpoint = Endpoint::Refused,
        "DELETE of a group by SCIM: 405 (refused), 404 (missing), or it goes if SCIM made it (allowed)";
    answered_members "answered-members": Option<u32> = Some(ANSWERED_MEMBERS_MAX),
        "members up to which the answer to PATCH and PUT of a group shows them; off shows all";
    create_status "create-status": CreateStatus = CreateStatus::Created,
        "the status of a creation";
    delete_status "delete-status": DeleteStatus = DeleteStatus::NoContent,
        "the status of a deletion; with 200 the body is {}";
    revive "revive": bool = true,
        "whether POST with the userName of a deleted user gives that user back; else it is 409";
    restore_by_id "restore-by-id": bool = false,
        "whether PUT or PATCH of a deleted user's id gives the user back; else it is 404";
    deleted_shown "deleted-shown": bool = false,
        "whether a deleted user can be read, and found by userName or id";
    unknown_role "unknown-role": Named = Named::Refused,
        "a role that does not exist: 400 invalidValue, or left out";
    unknown_division "unknown-division": Named = Named::Refused,
        "a division that does not exist: 400 invalidValue, or the home division";
    unknown_skill "unknown-skill": Named = Named::Refused,
        "a routing skill or language that does not exist: 400 invalidValue, or left out";
    unknown_manager "unknown-manager": Named = Named::Refused,
        "a manager who does not exist: 400 invalidValue, or left out";
    bad_phone "bad-phone": Named = Named::Refused,
        "a phone number that is neither E.164 nor tel: URI: 400 invalidValue, or left out";
    unknown_attribute "unknown-attribute": Named = Named::Ignored,
        "a name in attributes or excludedAttributes that no schema has: 400 invalidPath, or left out";
    bare_path "bare-extension-paths": BarePath = BarePath::Refused,
        "a PATCH that names an attribute of an extension without its URN: 400 invalidPath (refused), \
         left out (ignored), or done (taken)";
    put_absent "put-absent": Absent = Absent::Cleared,
        "what PUT does to attributes that it leaves out; active, roles and division stay in any case";
    empty_values "empty-values": Absent = Absent::Cleared,
        "what an empty text does to the attribute that it is written to";
    reactivated_roles "reactivated-roles": Absent = Absent::Kept,
        "what becomes of the roles of an inactive user who is active again";
    default_role "default-role": bool = true,
        "whether a new user without roles gets the role employee";
    default_role_kept "default-role-kept": bool = false,
        "whether the role employee stays when a client replaces the roles";
    grant_division "grant-division": GrantDivision = GrantDivision::Home,
        "the division for which SCIM gives roles: the home division, the user's own, or all";
    external_id_owner "external-id-owner": Owner = Owner::Client,
        "to whom an externalId belongs: to the client that set it, or to all clients of the organisation";
    external_id_suffix "external-id-suffix": Suffix = Suffix::Client,
        "what the authority of an externalId shows behind x-pc:scimv2:v1: the client's id, a text without meaning, or nothing";
    duplicate_ids "duplicate-external-ids": Duplicate = Duplicate::Refused,
        "an externalId, or another identifier with its authority, that another active user has: 409 uniqueness, or both have it";
}

impl Settings {
    /// Takes one setting, written as `NAME=VALUE`.
    ///
    /// # Errors
    /// What is wrong with it; nothing has changed then.
    pub fn set(&mut self, assignment: &str) -> Result<(), SettingError> {
        let (name, value) =
            assignment.split_once('=').ok_or_else(|| SettingError::Form(assignment.to_owned()))?;
        self.put(name.trim(), value.trim())
    }

    /// Takes the settings of a file: one a line; empty lines and lines after `#` are remarks.
    ///
    /// # Errors
    /// The first line that is wrong.
    pub fn read(&mut self, text: &str) -> Result<(), SettingError> {
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            self.set(line).map_err(|error| SettingError::Line {
                line: line_number,
                error: Box::new(error),
            })?;
        }
        Ok(())
    }
}

fn read<T: Choice>(name: &'static str, value: &str) -> Result<T, SettingError> {
    T::read(value).ok_or_else(|| SettingError::Value {
        name,
        value: value.to_owned(),
        choices: T::CHOICES,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str) -> String {
        Settings::default().read(text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_holds_one_setting_a_line() {
        let mut settings = Settings::default();
        settings
            .read("# strict\nrate-limit = off\n\nunknown-role=ignored\nlist-lag=30\nrevive=off\n")
            .unwrap();
        let expected = Settings {
            rate_limit: None,
            unknown_role: Named::Ignored,
            list_lag: Seconds(30),
            revive: false,
            ..Settings::default()
        };
        assert_eq!(settings, expected);
    }

    #[test]
    fn every_setting_takes_its_own_text() {
        let mut settings = Settings::default();
        for setting in Settings::default().all() {
            settings.set(&format!("{}={}", setting.name, setting.value)).unwrap();
        }
        assert_eq!(settings, Settings::default());
    }

    #[test]
    fn a_refusal_says_what_can_be_chosen() {
        insta::assert_snapshot!(refused("rate-limit"), @r#"line 1: "rate-limit" is no setting: write it as NAME=VALUE"#);
        insta::assert_snapshot!(refused("\nspeed=1"), @r#"line 2: there is no setting "speed": "instep genesys settings" lists them"#);
        insta::assert_snapshot!(refused("rate-limit=0"), @r#"line 1: the setting "rate-limit" cannot be "0": choose a number above 0, or off"#);
        insta::assert_snapshot!(refused("group-create=yes"), @r#"line 1: the setting "group-create" cannot be "yes": choose refused, missing or allowed"#);
    }
}
