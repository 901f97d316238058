use serde::Deserialize;

use super::{Channel, ChannelKind, Security, smtp};
use policy::rule::Severity;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    channels: Vec<Channel>,
}

/// A file that holds the secret, and a configuration in which `SECRET` stands for it.
fn parse(text: &str, secret: &str) -> Result<Vec<Channel>, String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), secret).unwrap();
    let place = format!("{{ file = '{}' }}", file.path().display());
    let parsed = toml::from_str::<File>(&text.replace("SECRET", &place));
    parsed.map(|file| file.channels).map_err(|error| error.to_string())
}

const KEY: &str = concat!("whsec", "_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");

#[test]
fn each_kind_is_read() {
    let slack = "[[channels]]\nname = 'ops'\nseverity = 'high'\ngroups = ['finance']\n\
        events = ['held', 'break_glass']\nper_minute = 5\n[channels.slack]\nurl = SECRET";
    let [channel] = parse(slack, "https://hooks.example/T0/B0/XX").unwrap().try_into().unwrap();
    assert_eq!((channel.name.as_str(), channel.severity), ("ops", Severity::High));
    assert_eq!((channel.per_minute, channel.events.len()), (5, 2));
    assert!(matches!(channel.kind, ChannelKind::Slack { url } if url.reveal().ends_with("/XX")));

    let webhook = "[[channels]]\nname = 'hook'\n[channels.webhook]\nurl = SECRET\nkeys = [SECRET]";
    let error = parse(webhook, "http://127.0.0.1:9/x").unwrap_err();
    assert!(error.contains("channel `hook`: a key is `whsec_`"), "{error}");
    let error = parse(webhook, KEY).unwrap_err();
    assert!(error.contains("`url`") && !error.contains("AAEC"), "{error}");

    let mail = "[[channels]]\nname = 'mail'\n[channels.mail]\nserver = 'smtps://mail.example'\n\
        from = 'Gatehouse <gatehouse@corp.example>'\nto = ['ada@corp.example']";
    let [channel] = parse(mail, "x").unwrap().try_into().unwrap();
    assert_eq!((channel.severity, channel.per_minute), (Severity::Low, Channel::PER_MINUTE));
}

#[test]
fn what_is_wrong_is_told() {
    let slack =
        |more: &str| format!("[[channels]]\nname = 'ops'\n{more}\n[channels.slack]\nurl = SECRET");
    let mail = |server: &str, more: &str| {
        format!("[[channels]]\nname = 'm'\n[channels.mail]\nserver = '{server}'\n{more}")
    };
    let people = "from = 'g@corp.example'\nto = ['a@corp.example']";
    let secret = "https://hooks.example/T0/B0/hush";
    for (text, secret, told) in [
        (slack("severty = 'high'"), secret, "severty"),
        (format!("{}\nbot = 'x'", slack("")), secret, "bot"),
        ("[[channels]]\nname = 'ops'".into(), secret, "give it one of the tables"),
        (
            format!("{}\n[channels.mail]\nserver=''\nfrom=''\nto=[]", slack("")),
            secret,
            "one of the tables",
        ),
        (slack("").replace("ops", "Ops team"), secret, "1 to 40 of a-z"),
        (slack("per_minute = 0"), secret, "1 to 600"),
        (slack("events = ['opened']"), secret, "opened"),
        (slack("ca = '/nowhere/ca.pem'"), secret, "`/nowhere/ca.pem`"),
        (slack("ca = '/dev/null'"), secret, "no certificate in `/dev/null`"),
        (slack(""), "http://hooks.example/hush", "https, or http to loopback"),
        (slack(""), "https://me:hush@hooks.example/", "a user or a password"),
        (slack(""), "hush", "no URL"),
        (slack(""), "http://127.0.0.1.evil.example/hush", "https, or http to loopback"),
        (mail("smtp://mail.example", people), "x", "needs TLS"),
        (mail("smtp://mail.example?tls=opportunistic", people), "x", "`server` is"),
        (mail("smtp://mail.example?tls=none", people), "x", "`server` is"),
        (mail("smtps://u:hush@mail.example", people), "x", "keys of their own"),
        (mail("https://mail.example", people), "x", "`server` is"),
        (mail("smtps://mail.example", "from = 'nobody'\nto = ['a@corp.example']"), "x", "`nobody`"),
        (mail("smtps://mail.example", "from = 'g@corp.example'\nto = []"), "x", "1 to 50"),
        (
            mail(
                "smtps://mail.example",
                "from = 'g@corp.example'\nto = ['a@b.example', 'A <a@b.example>']",
            ),
            "x",
            "there twice",
        ),
        (
            mail(
                "smtps://mail.example",
                "from = \"g@corp.example\\r\\nBcc: x@evil.example\"\nto = ['a@b.example']",
            ),
            "x",
            "channel `m`",
        ),
        (mail("smtps://mail.example", &format!("user = 'u'\n{people}")), "x", "both or neither"),
    ] {
        let error = parse(&text, secret).unwrap_err();
        assert!(error.contains(told), "{told} in {error}");
        assert!(!error.contains("hush"), "{error}");
    }
    let two = "[[channels]]\nname = 'a'\n[channels.slack]\nurl = SECRET\n".repeat(2);
    let two = parse(&two, secret).unwrap();
    assert!(Channel::check_all(&two).unwrap_err().to_string().contains("name of its own"));
    assert!(!format!("{two:?}").contains("hush"));
}

#[test]
fn a_mail_server_is_spoken_to_over_tls() {
    let read = |server: &str| smtp(server).unwrap();
    assert_eq!(read("smtps://mail.example"), ("mail.example".into(), 465, Security::Tls));
    assert_eq!(read("smtps://mail.example:1465").1, 1465);
    let starttls = ("mail.example".into(), 587, Security::Starttls);
    assert_eq!(read("smtp://mail.example?tls=required"), starttls);
    assert_eq!(read("smtp://[::1]:2525"), ("::1".into(), 2525, Security::Loopback));
    assert_eq!(read("smtp://localhost").1, 25);
}
