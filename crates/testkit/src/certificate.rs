//! Certificates for the fake's TLS, good ones and bad ones.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio_rustls::TlsAcceptor;

/// How the fake proves who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// A certificate for 127.0.0.1 by the fake's own authority.
    Good,
    /// As good, but expired in 2021.
    Expired,
    /// As good, but valid from 2200 on.
    NotYetValid,
    /// As good, but for `elsewhere.example`.
    WrongName,
    /// Signed by itself.
    SelfSigned,
    /// Signed by itself, and it calls itself an authority, as common tools make it.
    SelfSignedAuthority,
}

/// The acceptor of connections, and the authority's certificate (PEM) that makes [`Tls::Good`] trusted.
pub(crate) fn acceptor(tls: Tls) -> (TlsAcceptor, String) {
    let (authority, issuer) = authority();
    let key = KeyPair::generate().expect("key generation has no input");
    let mut params = params(if tls == Tls::WrongName { "elsewhere.example" } else { "127.0.0.1" });
    match tls {
        Tls::Expired => {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        Tls::NotYetValid => {
            params.not_before = date_time_ymd(2200, 1, 1);
            params.not_after = date_time_ymd(2201, 1, 1);
        }
        Tls::SelfSignedAuthority => params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
        Tls::Good | Tls::WrongName | Tls::SelfSigned => {}
    }
    let certificate = match tls {
        Tls::SelfSigned | Tls::SelfSignedAuthority => params.self_signed(&key),
        _ => params.signed_by(&key, &issuer),
    };
    let certificate = certificate.expect("the parameters are complete").der().clone();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .expect("key and certificate belong together");
    (TlsAcceptor::from(Arc::new(config)), authority)
}

fn authority() -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().expect("key generation has no input");
    let mut params = params("authority.example");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params.distinguished_name.push(DnType::CommonName, "testkit authority");
    let certificate = params.self_signed(&key).expect("the parameters are complete");
    (certificate.pem(), Issuer::new(params, key))
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).expect("the names are ASCII")
}
