//! Just enough of HTTP/1.1 to answer our client, and to break off at any byte.

use std::collections::BTreeMap;
use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use url::Url;

const HEAD_BYTES_MAX: usize = 64 * 1024;
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path, decoded, without query.
    pub(crate) path: String,
    /// The query, decoded.
    pub(crate) query: BTreeMap<String, String>,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

/// An answer before it is sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// Reads the next request of a connection; `None` when the other side is done.
/// `rest` holds what was read beyond the request before.
pub(crate) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    rest: &mut Vec<u8>,
) -> io::Result<Option<Request>> {
    let head = loop {
        if let Some(end) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
            let mut head: Vec<u8> = rest.drain(..end + 4).collect();
            head.truncate(end);
            break head;
        }
        // TLS begins so; HTTP with the name of a method.
        if rest.first() == Some(&0x16) {
            return Err(io::Error::other("the other side speaks TLS"));
        }
        if rest.len() > HEAD_BYTES_MAX || stream.read_buf(rest).await? == 0 {
            return Ok(None);
        }
    };
    let mut request = parse_head(&String::from_utf8_lossy(&head))
        .ok_or_else(|| io::Error::other("the head of a request cannot be read"))?;
    let length = request.headers.get("content-length").map_or(Ok(0), |length| length.parse());
    let length: usize = length.map_err(io::Error::other)?;
    if length > BODY_BYTES_MAX {
        return Err(io::Error::other("the body of a request is too large"));
    }
    while rest.len() < length {
        if stream.read_buf(rest).await? == 0 {
            return Ok(None);
        }
    }
    request.body = rest.drain(..length).collect();
    Ok(Some(request))
}

/// Sends a whole answer.
pub(crate) async fn write(
    stream: &mut (impl AsyncWrite + Unpin),
    response: &Response,
) -> io::Result<()> {
    stream.write_all(response.text().as_bytes()).await?;
    stream.flush().await
}

/// Sends the head and half of the body.
pub(crate) async fn write_half(
    stream: &mut (impl AsyncWrite + Unpin),
    response: &Response,
) -> io::Result<()> {
    let text = response.text();
    let half = text.len() - response.body.len().div_ceil(2);
    stream.write_all(&text.as_bytes()[..half]).await?;
    stream.flush().await
}

impl Response {
    /// A SCIM message.
    pub(crate) fn scim(status: u16, body: String) -> Self {
        let headers = vec![("content-type", "application/scim+json".to_owned())];
        Self { status, headers, body }
    }

    fn text(&self) -> String {
        use std::fmt::Write as _;
        let mut text =
            format!("HTTP/1.1 {} \r\ncontent-length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            write!(text, "{name}: {value}\r\n").expect("a String takes all text");
        }
        text + "\r\n" + &self.body
    }
}

fn parse_head(head: &str) -> Option<Request> {
    let mut lines = head.split("\r\n");
    let mut line = lines.next()?.split(' ');
    let (method, target) = (line.next()?, line.next()?);
    let url = Url::parse("http://fake").ok()?.join(target).ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    Some(Request {
        method: method.to_owned(),
        path: decoded(url.path()),
        query: url.query_pairs().into_owned().collect(),
        headers: headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect(),
        body: Vec::new(),
    })
}

/// The path with its percent signs resolved. A `+` stays: in a path it means itself.
fn decoded(path: &str) -> String {
    let pair = format!("p={}", path.replace('+', "%2B"));
    let mut pairs = url::form_urlencoded::parse(pair.as_bytes());
    pairs.next().map(|(_, path)| path.into_owned()).unwrap_or_default()
}
