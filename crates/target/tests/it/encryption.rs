//! Certificates: what is trusted, and what each bad one is called.

use target::{ProblemCode, Target};
use testkit::{FakeTarget, Options, Tls};

use crate::{connection, probe};

async fn fake(tls: Tls) -> FakeTarget {
    FakeTarget::start_with(Options { tls: Some(tls), ..Options::default() }).await
}

fn trusting(fake: &FakeTarget) -> Target {
    let connection = connection(fake.base_url(), &fake.token());
    Target::trusting(connection, &[fake.authority()]).unwrap()
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_is_accepted() {
    let fake = fake(Tls::Good).await;
    let report = trusting(&fake).test_connection(&probe()).await;
    assert!(report.is_ok(), "{report:?}");
}

#[tokio::test]
async fn each_bad_certificate_has_its_name() {
    for (tls, code) in [
        (Tls::Expired, ProblemCode::CertificateExpired),
        (Tls::NotYetValid, ProblemCode::CertificateExpired),
        (Tls::WrongName, ProblemCode::CertificateWrongName),
        (Tls::SelfSigned, ProblemCode::CertificateUnknownIssuer),
        (Tls::SelfSignedAuthority, ProblemCode::CertificateUnknownIssuer),
    ] {
        let fake = fake(tls).await;
        let target = trusting(&fake);
        let problem = target.test_connection(&probe()).await.unwrap_err();
        assert_eq!(problem.code, code, "{tls:?}: {problem}");
        assert!(fake.requests().is_empty(), "{tls:?}: no token was sent");
    }
}

#[tokio::test]
async fn the_message_says_which_name_the_certificate_is_for() {
    let fake = fake(Tls::WrongName).await;
    let problem = trusting(&fake).test_connection(&probe()).await.unwrap_err();
    let host = fake.origin().replace("https://", "");
    insta::assert_snapshot!(problem.message.replace(&host, "HOST"), @r#"the certificate of "HOST" is not accepted: it is for "elsewhere.example": use a name that it was issued for"#);
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let fake = fake(Tls::Good).await;
    // Named is another one: so the test does not depend on the authorities of this machine.
    let other = self::fake(Tls::Good).await;
    let connection = connection(fake.base_url(), &fake.token());
    let target = Target::trusting(connection, &[other.authority()]).unwrap();
    let problem = target.test_connection(&probe()).await.unwrap_err();
    let host = fake.origin().replace("https://", "");
    assert_eq!(problem.code, ProblemCode::CertificateUnknownIssuer);
    insta::assert_snapshot!(problem.message.replace(&host, "HOST"), @r#"the certificate of "HOST" is not accepted: no authority that this machine trusts has issued it: install the issuer's certificate here, or use a publicly trusted one there"#);
}
