//! Sending a shape, and comparing what it led to.

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use scim::Path;
use serde_json::{Value, json};

use super::ORGANISATION;
use super::shape::{Expected, Request, Shape};

/// A client of the service at `base`.
pub(crate) struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

/// The resources of the organisation: id by name.
type Ids = BTreeMap<String, String>;

impl Client {
    pub(crate) fn new(base: &str, token: &str) -> Self {
        Self { http: reqwest::Client::new(), base: base.to_owned(), token: token.to_owned() }
    }

    /// What goes otherwise than `shape` says. The organisation is made before and cleared after.
    pub(crate) async fn check(&self, shape: &Shape) -> Vec<String> {
        let ids = self.organisation().await;
        let wrong = self.differences(shape, &ids).await;
        self.clear().await;
        wrong.into_iter().map(|wrong| format!("{}: {wrong}", shape.name)).collect()
    }

    async fn differences(&self, shape: &Shape, ids: &Ids) -> Vec<String> {
        for request in &shape.first {
            let answer = self.send(request, ids).await;
            if answer.status >= 400 {
                return vec![format!("a request before it was refused: {answer:?}")];
            }
        }
        let target = self.url(&shape.request.target, ids);
        let mut at = target.split('?').next().unwrap_or_default().to_owned();
        let before = self.get(&at).await;
        let answer = self.send(&shape.request, ids).await;
        let scim_type = answer.body["scimType"].as_str().map(str::to_owned);
        if (answer.status, &scim_type) != (shape.status, &shape.scim_type) {
            return vec![format!("{} {scim_type:?} {}", answer.status, answer.body)];
        }
        if answer.status == 201 {
            at = answer.headers["location"].to_str().unwrap_or_default().to_owned();
        }
        let mut wrong = Vec::new();
        for expected in &shape.expected {
            match expected {
                Expected::At(target) => at = self.url(target, ids),
                expected => {
                    let after = self.get(&at).await;
                    wrong.extend(difference(expected, &answer, &before, &after, ids));
                }
            }
        }
        wrong
    }

    /// Creates the organisation that every shape starts from.
    async fn organisation(&self) -> Ids {
        let mut ids = Ids::from([("base".to_owned(), self.base.clone())]);
        for (name, endpoint, body) in ORGANISATION {
            let request = Request {
                method: "POST".into(),
                target: endpoint.into(),
                header: None,
                body: body.into(),
            };
            let answer = self.send(&request, &ids).await;
            assert_eq!(answer.status, 201, "{name}: {:?}", answer.body);
            ids.insert(name.to_owned(), answer.body["id"].as_str().unwrap().to_owned());
        }
        ids
    }

    /// Deletes all that is there, which has to work for every resource.
    async fn clear(&self) {
        for endpoint in ["Groups", "Users"] {
            let all = self.get(&format!("{}/{endpoint}", self.base)).await;
            for resource in all.body["Resources"].as_array().into_iter().flatten() {
                let id = resource["id"].as_str().unwrap();
                let target = format!("/{endpoint}/{id}");
                let delete = Request { method: "DELETE".into(), target, ..Request::default() };
                assert_eq!(self.send(&delete, &Ids::new()).await.status, 204, "{resource}");
            }
        }
    }

    async fn get(&self, url: &str) -> Answer {
        let get = Request { method: "GET".into(), target: url.into(), ..Request::default() };
        self.send(&get, &Ids::new()).await
    }

    async fn send(&self, request: &Request, ids: &Ids) -> Answer {
        let method = request.method.parse().unwrap();
        let mut sent = self.http.request(method, self.url(&request.target, ids));
        let mut headers =
            BTreeMap::from([("authorization".to_owned(), format!("Bearer {}", self.token))]);
        if !request.body.is_empty() {
            headers.insert("content-type".into(), "application/scim+json; charset=utf-8".into());
            sent = sent.body(enveloped(&filled(&request.body, ids)));
        }
        if let Some((name, value)) = &request.header {
            headers.insert(name.to_lowercase(), filled(value, ids));
        }
        for (name, value) in headers {
            sent = sent.header(name, value);
        }
        let answer = sent.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await.unwrap();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) }
    }

    fn url(&self, target: &str, ids: &Ids) -> String {
        let target = filled(target, ids);
        if target.starts_with("http") { target } else { format!("{}{target}", self.base) }
    }
}

fn difference(
    expected: &Expected,
    answer: &Answer,
    before: &Answer,
    after: &Answer,
    ids: &Ids,
) -> Option<String> {
    let (what, wanted, found) = match expected {
        Expected::At(_) => return None,
        Expected::State(path, value) => {
            (path.as_str(), filled_json(value, ids), at_path(&after.body, &filled(path, ids)))
        }
        Expected::Answer(path, value) => {
            (path.as_str(), filled_json(value, ids), at_path(&answer.body, &filled(path, ids)))
        }
        Expected::Header(name, value) => {
            let found = answer.headers.get(name).map(|value| value.to_str().unwrap_or_default());
            (name.as_str(), json!(filled(value, ids)), json!(found))
        }
        Expected::Members(names) => {
            ("members", json!(names), json!(named(&after.body["members"], "value", ids)))
        }
        Expected::Found(names) => {
            let found = named(&answer.body["Resources"], "id", ids);
            let total = answer.body["totalResults"].as_u64();
            if total != Some(names.len() as u64) {
                return Some(format!("totalResults is {total:?}, found {found:?}"));
            }
            ("found", json!(names), json!(found))
        }
        Expected::Gone => ("status", json!(404), json!(after.status)),
        Expected::SameVersion => (
            "meta.version",
            before.body["meta"]["version"].clone(),
            after.body["meta"]["version"].clone(),
        ),
    };
    (wanted != found)
        .then(|| format!("{what} is {found}, not {wanted}\n    answered {}", answer.body))
}

/// The first value at an attribute path.
fn at_path(resource: &Value, path: &str) -> Value {
    let path = Path::parse(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let resource = resource.as_object().cloned().unwrap_or_default();
    scim::resource::get(&resource, &path).cloned().unwrap_or(Value::Null)
}

/// The names of the resources whose ids stand in `list`, in order.
fn named(list: &Value, key: &str, ids: &Ids) -> Vec<String> {
    let elements = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let name = |id: &str| ids.iter().find(|(_, known)| *known == id).map(|(name, _)| name.clone());
    let ids = elements.iter().map(|element| element[key].as_str().unwrap_or_default());
    let mut names: Vec<_> = ids.map(|id| name(id).unwrap_or_else(|| id.to_owned())).collect();
    names.sort();
    names
}

/// A list of operations in the envelope of a PATCH; anything else as it is.
fn enveloped(body: &str) -> String {
    if !body.starts_with('[') {
        return body.to_owned();
    }
    let schema = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
    format!(r#"{{"schemas": ["{schema}"], "Operations": {body}}}"#)
}

fn filled(text: &str, ids: &Ids) -> String {
    let fill =
        |text: String, (name, id): (&String, &String)| text.replace(&format!("{{{name}}}"), id);
    ids.iter().fold(text.to_owned(), fill)
}

fn filled_json(value: &Value, ids: &Ids) -> Value {
    serde_json::from_str(&filled(&value.to_string(), ids)).expect("ids need no escapes")
}
