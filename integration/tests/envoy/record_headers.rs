/*! Headers in records: what people look for is there, and no credential, whoever sent it. */

use integration::{Call, Gateway, Reply, Upstream, place};
use serde_json::Value;

/// Names that credentials travel under. None of the values has a form that a pack knows.
const REQUEST: [&str; 12] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "x-api-key",
    "apikey",
    "private-token",
    "x-vault-token",
    "x-amz-security-token",
    "x-functions-key",
    "x-auth",
    "client-secret",
    "x-goog-iap-jwt-assertion",
];
const RESPONSE: [&str; 10] = [
    "set-cookie",
    "authorization",
    "www-authenticate",
    "proxy-authenticate",
    "x-refresh-token",
    "x-csrf",
    "authentication-info",
    "x-session",
    "x-amzn-oidc-accesstoken",
    "api-key",
];
/// Nobody would guess that these hold one.
const ODD: [&str; 2] = ["x-trace-of", "server-timing"];
const CREDENTIAL: &str = "canary-of-the-gateway-5b1e77";

fn value<'r>(side: &'r Value, name: &str) -> Option<&'r str> {
    let headers = side["headers"].as_array()?;
    headers.iter().find(|one| one["name"] == name)?["value"].as_str()
}

#[test]
fn headers_are_recorded_and_credentials_in_them_are_not() {
    let upstream = Upstream::start();
    let folder = place::folder();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, format!("{CREDENTIAL}\n")).unwrap();
    let gateway = Gateway::build()
        .upstream("/", &upstream.url())
        .arg("--credential")
        .arg(format!("/={}", secret.display()))
        .start();
    let token = gateway.token("robot");

    let canary = |number: usize| format!("zq{number}canaryof");
    let named = RESPONSE.iter().enumerate();
    let mut headers: Vec<_> = named.map(|(number, name)| (*name, canary(100 + number))).collect();
    headers.extend(ODD.iter().map(|name| (*name, format!("was Bearer {CREDENTIAL} then"))));
    headers.push(("content-type", "text/plain".to_owned()));
    headers.push(("x-request-cost", "17".to_owned()));
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    upstream.reply("/echo", Reply::new(200, &headers, "said"));

    let mut call = Call::get("/echo").token(&token).header("accept", "text/x-anything");
    for (number, name) in REQUEST.iter().enumerate().skip(1) {
        call = call.header(name, canary(number));
    }
    call.send(&gateway).expect(200);
    assert_eq!(
        upstream.requests("/echo")[0].header("authorization"),
        Some(format!("Bearer {CREDENTIAL}"))
    );

    let entry = gateway.record("/echo", |entry| entry.path() == "/echo");
    let (request, response) = (&entry.record["request"], &entry.record["response"]);
    for (side, names) in [(request, &REQUEST[..]), (response, &RESPONSE[..])] {
        for name in names {
            assert_eq!(value(side, name), Some("[REDACTED]"), "{name} in {side}");
        }
    }
    for name in ODD {
        let told = value(response, name);
        assert_eq!(told, Some("was Bearer [REDACTED:credential] then"), "{name}");
    }
    assert_eq!(value(request, "accept"), Some("text/x-anything"));
    assert_eq!(value(response, "x-request-cost"), Some("17"));
    let line = std::fs::read_to_string(gateway.records_file()).unwrap();
    for canary in ["canaryof", CREDENTIAL, token.as_str()] {
        assert!(!line.contains(canary), "`{canary}` is in {line}");
    }
}
