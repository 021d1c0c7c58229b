//! Shapes read from the text of a table.

use serde_json::Value;

use super::Needs;

/// A request with what it has to lead to.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Table and sentence.
    pub(crate) name: String,
    pub(crate) needs: Vec<Needs>,
    pub(crate) first: Vec<Request>,
    pub(crate) request: Request,
    pub(crate) status: u16,
    pub(crate) scim_type: Option<String>,
    pub(crate) expected: Vec<Expected>,
}

/// What is sent, names of resources still in braces.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) header: Option<(String, String)>,
    pub(crate) body: String,
}

/// What has to be so afterwards.
#[derive(Debug)]
pub(crate) enum Expected {
    /// The next lines mean this resource.
    At(String),
    State(String, Value),
    Answer(String, Value),
    Header(String, String),
    Members(Vec<String>),
    Found(Vec<String>),
    Gone,
    SameVersion,
}

/// The shapes of a table.
pub(crate) fn read(table: &str, text: &str) -> Vec<Shape> {
    let blocks = text.split("\n== ").skip(1);
    blocks.map(|block| read_one(table, block)).collect()
}

fn read_one(table: &str, block: &str) -> Shape {
    let (asked, answered) = block.split_once("\n-> ").expect("a shape has a status");
    let mut asked = asked.lines();
    let name = format!("{table}: {}", asked.next().unwrap_or_default());
    let (mut needs, mut first, mut request) = (Vec::new(), Vec::new(), Request::default());
    for line in asked {
        if let Some(need) = line.strip_prefix("needs: ") {
            needs.push(if need == "store" { Needs::Store } else { Needs::Token });
        } else if let Some(line) = line.strip_prefix("first: ") {
            first.push(read_request(line));
        } else if request.method.is_empty() {
            request = read_request(line);
        } else {
            request.body.push_str(line);
        }
    }
    let mut answered = answered.lines();
    let (status, scim_type) = split(answered.next().unwrap_or_default(), " ");
    Shape {
        needs,
        first,
        request,
        status: status.parse().unwrap_or_else(|_| panic!("{name}: {status}")),
        scim_type: (!scim_type.is_empty()).then_some(scim_type),
        expected: answered.filter(|line| !line.trim().is_empty()).map(read_expected).collect(),
        name,
    }
}

/// Method, target, and after it a header or a body.
fn read_request(line: &str) -> Request {
    let (method, rest) = split(line, " ");
    let (target, rest) = split(&rest, " ");
    let mut request = Request { method, target, ..Request::default() };
    if rest.starts_with(['{', '[']) {
        request.body = rest;
    } else if !rest.is_empty() {
        request.header = Some(split(&rest, ": "));
    }
    request
}

fn read_expected(line: &str) -> Expected {
    let names = |names: &str| {
        let mut names: Vec<_> = names
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        names.sort();
        names
    };
    let pair = |line: &str| {
        let (path, value) = line.rsplit_once(" = ").unwrap_or_else(|| panic!("{line}"));
        (path.to_owned(), value.to_owned())
    };
    let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| panic!("{line}"));
    match line.split_once(':').map_or((line, ""), |(word, rest)| (word, rest.trim())) {
        ("at", url) => Expected::At(url.to_owned()),
        ("answer", rest) => {
            let (path, value) = pair(rest);
            Expected::Answer(path, json(&value))
        }
        ("header", rest) => {
            let (name, value) = pair(rest);
            Expected::Header(name, value)
        }
        ("members", rest) => Expected::Members(names(rest)),
        ("found", rest) => Expected::Found(names(rest)),
        ("gone", _) => Expected::Gone,
        ("same", _) => Expected::SameVersion,
        _ => {
            let (path, value) = pair(line);
            Expected::State(path, json(&value))
        }
    }
}

fn split(text: &str, separator: &str) -> (String, String) {
    let (one, other) = text.split_once(separator).unwrap_or((text, ""));
    (one.to_owned(), other.to_owned())
}
