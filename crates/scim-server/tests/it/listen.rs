//! Connections: how many, how long without a request, and what becomes of them in the end.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use scim_server::{Limits, listen};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

const ASK: &[u8] = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";

/// A service that answers "hello" within these limits, until the sender says so.
async fn start(limits: Limits) -> (std::net::SocketAddr, oneshot::Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/large", get(async || vec![b' '; 16 << 20]))
        .route("/never", get(async || pending::<&str>().await));
    let shutdown = async {
        let _ = ended.await;
    };
    tokio::spawn(listen(listener, router, limits, shutdown));
    (address, end)
}

/// Reads until the answer has arrived.
async fn answer(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"hello") {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "it was closed");
    }
    String::from_utf8(read).unwrap()
}

#[tokio::test]
async fn half_a_request_does_not_keep_a_connection_open() {
    let limits = Limits { head_time_max: Duration::from_millis(50), ..Limits::default() };
    let (address, _end) = start(limits).await;
    for sent in [&b"GET / HT"[..], b""] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent).await.unwrap();
        let mut read = Vec::new();
        // Ends only because the other side closes.
        stream.read_to_end(&mut read).await.unwrap();
        assert!(!read.starts_with(b"HTTP/1.1 200"), "{read:?}");
    }
}

#[tokio::test]
async fn whoever_takes_nothing_of_an_answer_gives_its_place_back() {
    let limits = Limits {
        connection_count_max: 1,
        write_time_max: Duration::from_millis(50),
        ..Limits::default()
    };
    let (address, _end) = start(limits).await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent.write_all(b"GET /large HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut other = TcpStream::connect(address).await.unwrap();
    other.write_all(ASK).await.unwrap();
    // Answered only when the silent one was cut off.
    assert!(answer(&mut other).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn whoever_is_one_too_many_waits_for_a_place() {
    let (address, _end) = start(Limits { connection_count_max: 1, ..Limits::default() }).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(ASK).await.unwrap();
    answer(&mut first).await;
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(ASK).await.unwrap();
    let asked = tokio::spawn(async move { answer(&mut second).await });
    // The first one has the only place, and is answered again.
    first.write_all(ASK).await.unwrap();
    answer(&mut first).await;
    assert!(!asked.is_finished());
    drop(first);
    assert!(asked.await.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_shutdown_closes_what_is_idle_and_cuts_off_what_takes_too_long() {
    let limits = Limits { shutdown_time_max: Duration::from_millis(50), ..Limits::default() };
    let (address, end) = start(limits).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(ASK).await.unwrap();
    answer(&mut idle).await;
    let mut busy = TcpStream::connect(address).await.unwrap();
    busy.write_all(b"GET /never HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    end.send(()).unwrap();
    assert_eq!(idle.read(&mut [0; 9]).await.unwrap(), 0);
    // Neither accepts anybody new.
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}
