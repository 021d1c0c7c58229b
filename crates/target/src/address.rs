//! Addresses: which URLs we talk to, and how endpoints are appended to them.
//!
//! The path of a tenant URL is kept, Entra's compatibility flags are taken out of
//! its query, and a credential never travels unencrypted to another machine
//! unless that was allowed.

use url::{Host, Url};

/// The flags that may stand in a tenant URL's query (Entra: *SCIM 2.0 protocol compliance*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CompatibilityFlags {
    /// `aadOptscim062020`: PATCH as RFC 7644 has it. We speak so anyway.
    pub standard_patch: bool,
    /// `AzureAdScimPatch2017`: the dialect of PATCH from before the RFC was followed.
    pub legacy_patch: bool,
}

/// A tenant URL that [`BaseUrl::parse`] accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    url: Url,
    flags: CompatibilityFlags,
}

impl BaseUrl {
    /// Reads a tenant URL as an administrator pastes it.
    pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<Self, AddressError> {
        let mut url = parse(text, allow_plain_http)?;
        let mut flags = CompatibilityFlags::default();
        let kept: Vec<(String, String)> = url
            .query_pairs()
            .filter(|(name, _)| !flags.take(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        url.set_query(None);
        url.set_fragment(None);
        if !kept.is_empty() {
            url.query_pairs_mut().extend_pairs(kept);
        }
        Ok(Self { url, flags })
    }

    pub(crate) fn flags(&self) -> CompatibilityFlags {
        self.flags
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The address of an endpoint, or of one resource below it. `None` for an `id`
    /// that would change the path: a DELETE must never climb to its collection.
    pub(crate) fn join(&self, endpoint: &str, id: Option<&str>) -> Option<Url> {
        let mut url = self.url.clone();
        {
            let mut path = url.path_segments_mut().expect("http URLs have a path");
            path.pop_if_empty();
            path.extend(endpoint.split('/').filter(|segment| !segment.is_empty()));
            if let Some(id) = id {
                if matches!(id, "" | "." | "..") {
                    return None;
                }
                path.push(id);
            }
        }
        Some(url)
    }
}

/// Reads a URL that credentials will be sent to.
pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<Url, AddressError> {
    let text = text.trim();
    let url = Url::parse(text).map_err(|error| AddressError::Malformed {
        url: without_userinfo(text),
        cause: error.to_string(),
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::HasUserinfo { host: host_of(&url) });
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if allow_plain_http || is_loopback(&url) => Ok(url),
        "http" => Err(AddressError::PlainHttp { host: host_of(&url) }),
        scheme => Err(AddressError::Scheme { scheme: scheme.to_owned() }),
    }
}

/// Whether `url` names this machine: 127.0.0.0/8, `::1` or `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => false,
    }
}

/// Host and port, for messages.
pub(crate) fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Why a URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It is no URL.
    #[error(
        "\"{url}\" is no URL ({cause}): write it in full, for example https://api.example.com/scim/v2"
    )]
    Malformed {
        /// What was given.
        url: String,
        /// What is wrong with it.
        cause: String,
    },
    /// Another scheme than http or https.
    #[error("a URL that begins with \"{scheme}:\" cannot be used: it must begin with https:")]
    Scheme {
        /// The scheme.
        scheme: String,
    },
    /// `http:` towards another machine.
    #[error(
        "the URL of \"{host}\" begins with http:, which would send the credentials unencrypted: use https:, or allow plain http for this connection"
    )]
    PlainHttp {
        /// Host and port.
        host: String,
    },
    /// `user:password@` in front of the host.
    #[error(
        "the URL of \"{host}\" contains a user name or password, and URLs get into logs: enter them as credentials"
    )]
    HasUserinfo {
        /// Host and port.
        host: String,
    },
}

impl CompatibilityFlags {
    /// Whether `name` is a flag, which is then set.
    fn take(&mut self, name: &str) -> bool {
        if name.eq_ignore_ascii_case("aadOptscim062020") {
            self.standard_patch = true;
        } else if name.eq_ignore_ascii_case("AzureAdScimPatch2017") {
            self.legacy_patch = true;
        } else {
            return false;
        }
        true
    }
}

/// `text` up to what might be a password.
fn without_userinfo(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, behind)) => format!("…@{behind}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The address of `endpoint` and `id` below the tenant URL `base`, or why there is none.
    #[track_caller]
    fn check(base: &str, endpoint: &str, id: Option<&str>, expected: &str) {
        let actual = match BaseUrl::parse(base, false) {
            Ok(base) => {
                base.join(endpoint, id).map_or_else(|| "unusable".to_owned(), |url| url.to_string())
            }
            Err(error) => error.to_string(),
        };
        assert_eq!(actual, expected, "{base}");
    }

    #[test]
    fn endpoints_are_appended_to_the_path_of_the_tenant_url() {
        check(
            "https://api.example.com/api/v2/scim/v2",
            "Users",
            None,
            "https://api.example.com/api/v2/scim/v2/Users",
        );
        check(" https://e.org/scim/ ", "Users", None, "https://e.org/scim/Users");
        check("https://e.org", "Users", None, "https://e.org/Users");
    }

    #[test]
    fn an_id_stays_one_segment_of_the_path() {
        check("https://e.org/s", "Users", Some("a/b?c#d"), "https://e.org/s/Users/a%2Fb%3Fc%23d");
        check("https://e.org/s", "Users", Some("%2e"), "https://e.org/s/Users/%252e");
    }

    #[test]
    fn an_id_that_climbs_in_the_path_is_unusable() {
        for id in ["", ".", ".."] {
            check("https://e.org/s", "Users", Some(id), "unusable");
        }
    }

    #[test]
    fn compatibility_flags_are_taken_out_of_the_query_and_other_parameters_stay() {
        check("https://e.org/s?aadOptscim062020", "Users", None, "https://e.org/s/Users");
        check(
            "https://e.org/s/?a=1&AzureAdScimPatch2017=",
            "Users",
            None,
            "https://e.org/s/Users?a=1",
        );
        let base = BaseUrl::parse("https://e.org/s?aadoptscim062020=1", false).unwrap();
        assert!(base.flags().standard_patch && !base.flags().legacy_patch);
    }

    #[test]
    fn plain_http_reaches_this_machine_only() {
        check("http://127.0.0.1:80/s", "Users", None, "http://127.0.0.1/s/Users");
        check("http://127.8.8.8/s", "Users", None, "http://127.8.8.8/s/Users");
        check("http://[::1]:8080/s", "Users", None, "http://[::1]:8080/s/Users");
        check("http://LOCALHOST:1/s", "Users", None, "http://localhost:1/s/Users");
        check(
            "http://localhost.example.com:1/s",
            "Users",
            None,
            "the URL of \"localhost.example.com:1\" begins with http:, which would send the credentials unencrypted: use https:, or allow plain http for this connection",
        );
        assert!(BaseUrl::parse("http://10.0.0.1/s", true).is_ok());
    }

    #[test]
    fn what_is_no_address_for_credentials_is_refused_without_repeating_a_password() {
        check(
            "api.example.com/scim",
            "Users",
            None,
            "\"api.example.com/scim\" is no URL (relative URL without a base): write it in full, for example https://api.example.com/scim/v2",
        );
        check(
            "ftp://e.org/s",
            "Users",
            None,
            "a URL that begins with \"ftp:\" cannot be used: it must begin with https:",
        );
        check(
            "https://ada:secret@e.org/s",
            "Users",
            None,
            "the URL of \"e.org\" contains a user name or password, and URLs get into logs: enter them as credentials",
        );
        check(
            "ada:secret@e.org:x/s",
            "Users",
            None,
            "a URL that begins with \"ada:\" cannot be used: it must begin with https:",
        );
    }
}
