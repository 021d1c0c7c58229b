//! Faults: what may go wrong, and with which requests.

use std::time::Duration;

use crate::http::Request;

/// A way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// 429, not applied; with `Retry-After` if given.
    Throttle {
        /// The header's value: seconds or a date.
        retry_after: Option<String>,
    },
    /// 503, not applied; with `Retry-After` if given.
    Unavailable {
        /// The header's value: seconds or a date.
        retry_after: Option<String>,
    },
    /// 500, not applied.
    ServerError,
    /// 500, although the request was applied.
    ServerErrorAfterWrite,
    /// The connection ends without an answer; not applied.
    DropRequest,
    /// The connection ends without an answer; applied.
    DropAnswer,
    /// The connection ends in the middle of the answer; applied.
    CutAnswer,
    /// No answer, and the connection stays open; applied.
    Hang,
    /// The answer comes late; applied at once.
    Slow(Duration),
    /// A web page with status 200; not applied.
    Html,
    /// The filter of the search is ignored.
    IgnoreFilter,
    /// The search finds nothing, as if a write before were not visible yet.
    FindNothing,
    /// 401, not applied.
    Unauthorized,
    /// 403, not applied.
    Forbidden,
    /// 302, not applied.
    Redirect {
        /// The `Location` header.
        location: String,
    },
    /// Any answer; not applied.
    Answer {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
}

/// The requests that a fault meets: by method and part of the path, from the first
/// such request for once, unless changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    method: Option<String>,
    path: Option<String>,
    first: usize,
    times: usize,
}

/// A fault and how many of its requests came already.
#[derive(Debug)]
pub(crate) struct Rule {
    when: When,
    fault: Fault,
    seen: usize,
}

impl When {
    /// Any request.
    #[must_use]
    pub fn any() -> Self {
        Self { method: None, path: None, first: 1, times: 1 }
    }

    /// Requests with this method.
    #[must_use]
    pub fn method(method: &str) -> Self {
        Self { method: Some(method.to_owned()), ..Self::any() }
    }

    /// Requests with this method whose path contains `path`.
    #[must_use]
    pub fn on(method: &str, path: &str) -> Self {
        Self { path: Some(path.to_owned()), ..Self::method(method) }
    }

    /// Begins with the `first` such request, from 1.
    #[must_use]
    pub fn nth(self, first: usize) -> Self {
        Self { first, ..self }
    }

    /// Meets so many requests in a row.
    #[must_use]
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Meets every request from the first on.
    #[must_use]
    pub fn always(self) -> Self {
        Self { times: usize::MAX, ..self }
    }

    fn matches(&self, request: &Request) -> bool {
        self.method.as_ref().is_none_or(|method| *method == request.method)
            && self.path.as_ref().is_none_or(|path| request.path.contains(path.as_str()))
    }
}

impl Rule {
    pub(crate) fn new(when: When, fault: Fault) -> Self {
        Self { when, fault, seen: 0 }
    }

    /// Counts the request if it is one of the rule's, and gives the fault if it is its turn.
    fn meet(&mut self, request: &Request) -> Option<Fault> {
        if !self.when.matches(request) {
            return None;
        }
        self.seen += 1;
        let turn = self.when.first..self.when.first.saturating_add(self.when.times);
        turn.contains(&self.seen).then(|| self.fault.clone())
    }
}

/// The fault for a request: the first rule whose turn it is. Every rule counts it.
pub(crate) fn choose(rules: &mut [Rule], request: &Request) -> Option<Fault> {
    let met: Vec<_> = rules.iter_mut().filter_map(|rule| rule.meet(request)).collect();
    met.into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of `requests` (such as `POST /Users`) meet the fault.
    #[track_caller]
    fn check(when: When, requests: &[&str], expected: &[bool]) {
        let mut rules = [Rule::new(when, Fault::Html)];
        let met = requests.iter().map(|line| {
            let (method, path) = line.split_once(' ').expect("method and path");
            let request =
                Request { method: method.to_owned(), path: path.to_owned(), ..Request::default() };
            choose(&mut rules, &request).is_some()
        });
        assert_eq!(met.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_fault_meets_the_first_request_of_its_kind_once() {
        check(When::any(), &["GET /a", "GET /a"], &[true, false]);
        check(
            When::on("POST", "/Users"),
            &["GET /Users", "POST /Groups", "POST /Users"],
            &[false, false, true],
        );
    }

    #[test]
    fn a_fault_begins_and_ends_when_told() {
        let posts = ["POST /", "GET /", "POST /", "POST /", "POST /"];
        check(When::method("POST").nth(2).times(2), &posts, &[false, false, true, true, false]);
        check(When::method("POST").nth(3).always(), &posts, &[false, false, false, true, true]);
    }
}
