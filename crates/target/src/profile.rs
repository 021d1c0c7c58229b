//! Profiles: what a service can do, how it speaks, how fast it may be driven.
//!
//! Differences between applications are data: a gallery entry carries a profile,
//! and a connection may change it.

use serde::{Deserialize, Serialize};

/// How long one request may take before its answer counts as lost, unless a profile says otherwise.
pub const REQUEST_TIMEOUT_DEFAULT_MS: u64 = 60_000;

/// What is known of a service. The default assumes nothing that could do harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Profile {
    /// Requests in any minute; `None`: the service names no limit.
    pub requests_per_minute: Option<u32>,
    /// Requests under way at once.
    pub concurrency: u32,
    /// The largest page that a list request may ask for.
    pub page_size_max: u32,
    /// User attributes of which the service refuses a second equal value with 409,
    /// so that a create may be sent without asking first.
    pub unique_attributes: Vec<String>,
    /// What the service can search by.
    pub filterable_attributes: FilterableAttributes,
    /// The most members that one PATCH of a group may add or remove.
    pub members_per_request: u32,
    /// How long a write may stay invisible to reads and searches.
    pub read_after_write_ms: u64,
    /// The endpoint of users below the base URL.
    pub user_endpoint: String,
    /// The endpoint of groups below the base URL.
    pub group_endpoint: String,
    /// How long one request may take before its answer counts as lost.
    pub request_timeout_ms: u64,
    /// How often one request is sent at most, the first time included, while what
    /// stands in its way may pass by itself.
    pub attempts_max: u32,
}

/// Attribute paths a service can search by, by resource type; none listed: not known, so all are tried.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct FilterableAttributes {
    /// Of users.
    pub user: Vec<String>,
    /// Of groups.
    pub group: Vec<String>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            requests_per_minute: None,
            concurrency: 8,
            page_size_max: 100,
            unique_attributes: Vec::new(),
            filterable_attributes: FilterableAttributes::default(),
            members_per_request: 100,
            read_after_write_ms: 0,
            user_endpoint: "Users".to_owned(),
            group_endpoint: "Groups".to_owned(),
            request_timeout_ms: REQUEST_TIMEOUT_DEFAULT_MS,
            attempts_max: 4,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_profile_does_not_say_is_the_careful_default() {
        let profile: Profile = serde_json::from_str(r#"{"requestsPerMinute": 300}"#).unwrap();
        assert_eq!(profile, Profile { requests_per_minute: Some(300), ..Profile::default() });
    }

    #[test]
    fn a_word_that_no_profile_knows_is_refused() {
        let error = serde_json::from_str::<Profile>(r#"{"requestsPerMinuet": 300}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `requestsPerMinuet`"), "{error}");
    }
}
