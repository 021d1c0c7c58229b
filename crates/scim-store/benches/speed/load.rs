//! The load: connections that ask again as soon as they are answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

use crate::seed::{Seeded, user};
use crate::server::{Server, TOKEN};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    Read,
    Find,
    Page,
    Patch,
    Member,
    Create,
}

/// How it went.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// The time that half of the requests took at most.
    pub(crate) half: Duration,
    /// The time that 99 of 100 took at most.
    pub(crate) most: Duration,
    /// The processors' time that the service took for each, if the system tells.
    pub(crate) work: Option<Duration>,
}

/// Where the load goes.
pub(crate) struct Load {
    address: String,
    seeded: Arc<Seeded>,
    connections: usize,
    /// Numbers for what must be unique.
    next: Arc<AtomicUsize>,
}

impl Task {
    /// In the order of measuring: what adds users comes last.
    pub(crate) const ALL: [Self; 6] =
        [Self::Read, Self::Find, Self::Page, Self::Patch, Self::Member, Self::Create];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "GET by id",
            Self::Find => "GET by userName eq",
            Self::Page => "GET page of 100",
            Self::Patch => "PATCH one attribute",
            Self::Member => "PATCH one member",
            Self::Create => "POST",
        }
    }

    /// Requests a second that are to be reached.
    pub(crate) fn goal(self) -> Option<u32> {
        match self {
            Self::Read | Self::Find => Some(15_000),
            Self::Page => Some(500),
            Self::Patch | Self::Create => Some(3_000),
            Self::Member => None,
        }
    }

    /// Members come and go by one connection, since the time of one is asked for.
    fn connections(self, connections: usize) -> usize {
        if self == Self::Member { 1 } else { connections }
    }

    fn request(self, place: usize, seeded: &Seeded) -> (Method, String, String) {
        let at = scattered(place) % seeded.users.len();
        let patch = |operation| json!({"schemas": [scim::message::urn::PATCH_OP], "Operations": [operation]});
        match self {
            Self::Read => (Method::GET, format!("/Users/{}", seeded.users[at]), String::new()),
            Self::Find => {
                let filter = format!("/Users?filter=userName%20eq%20%22user.{at}%40example.com%22");
                (Method::GET, filter, String::new())
            }
            Self::Page => {
                let start = at.saturating_sub(100) + 1;
                (Method::GET, format!("/Users?startIndex={start}&count=100"), String::new())
            }
            Self::Patch => {
                let body =
                    patch(json!({"op": "replace", "path": "title", "value": format!("T{place}")}));
                (Method::PATCH, format!("/Users/{}", seeded.users[at]), body.to_string())
            }
            Self::Member => {
                // Out, and in again: the group stays as large as it is.
                let id = &seeded.users[scattered(place / 2) % seeded.members];
                let operation = if place.is_multiple_of(2) {
                    json!({"op": "remove", "path": format!("members[value eq \"{id}\"]")})
                } else {
                    json!({"op": "add", "path": "members", "value": [{"value": id}]})
                };
                (Method::PATCH, format!("/Groups/{}", seeded.group), patch(operation).to_string())
            }
            Self::Create => {
                (Method::POST, "/Users".to_owned(), user(&format!("new{place}")).to_string())
            }
        }
    }
}

impl Load {
    pub(crate) fn new(server: &Server, seeded: Seeded, connections: usize) -> Self {
        Self {
            address: server.address.clone(),
            seeded: Arc::new(seeded),
            connections,
            next: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// Asks for a second to warm up, and then for `time` to measure.
    pub(crate) async fn run(&self, server: &Server, task: Task, time: Duration) -> Measured {
        let begin = Instant::now() + Duration::from_secs(1).min(time);
        let end = begin + time;
        let mut asking = Vec::new();
        for _ in 0..task.connections(self.connections) {
            let connection = connect(&self.address).await;
            let (address, seeded, next) =
                (self.address.clone(), Arc::clone(&self.seeded), Arc::clone(&self.next));
            asking.push(tokio::spawn(async move {
                ask(task, connection, &address, &seeded, &next, (begin, end)).await
            }));
        }
        tokio::time::sleep_until(begin.into()).await;
        let worked = server.processor_time();
        let mut times = Vec::new();
        for asked in asking {
            times.extend(asked.await.unwrap());
        }
        let work = worked.and_then(|before| server.processor_time()?.checked_sub(before));
        let count = u32::try_from(times.len().max(1)).unwrap_or(u32::MAX);
        times.sort_unstable();
        let share =
            |hundredths: usize| times[(times.len() * hundredths / 100).min(times.len() - 1)];
        #[expect(clippy::cast_precision_loss, reason = "far fewer requests than a float can count")]
        let per_second = times.len() as f64 / time.as_secs_f64();
        Measured {
            per_second,
            half: share(50),
            most: share(99),
            work: work.map(|work| work / count),
        }
    }
}

/// Asks until the end and gives the times of all requests that began after the beginning.
async fn ask(
    task: Task,
    mut connection: SendRequest<Full<Bytes>>,
    address: &str,
    seeded: &Seeded,
    next: &AtomicUsize,
    (begin, end): (Instant, Instant),
) -> Vec<Duration> {
    let mut times = Vec::new();
    loop {
        let (method, path, body) = task.request(next.fetch_add(1, Ordering::Relaxed), seeded);
        let request = Request::builder()
            .method(method)
            .uri(format!("/scim/v2{path}"))
            .header("host", address)
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/scim+json")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let asked = Instant::now();
        if asked >= end {
            return times;
        }
        connection.ready().await.unwrap();
        let response = connection.send_request(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert!(status.is_success(), "{task:?}: {status} {}", String::from_utf8_lossy(&body));
        if asked >= begin {
            times.push(asked.elapsed());
        }
    }
}

async fn connect(address: &str) -> SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// Numbers in an order without pattern, the same in every run.
fn scattered(place: usize) -> usize {
    let mixed = (place as u64 ^ 0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    usize::try_from((mixed ^ (mixed >> 31)) >> 1).unwrap_or_default()
}
