use super::*;

/// The bundle of two teams; ben may sign the section of his.
fn shop(author: &Author, serial: u64, pay: &str, stock: &str, more: &str) -> std::path::PathBuf {
    let rule = |name: &str, path: &str| {
        format!(
            "  - name: {name}\n    on: request\n    sections: {name}\n    effect: deny\n    \
             match: {{http: {{path: {path}}}}}\n"
        )
    };
    let rules = rule("pay", pay) + &rule("stock", stock) + more;
    let bundle =
        format!("{{name: shop, version: '{serial}', serial: {serial}, sections: [pay, stock]}}");
    author.build_text(serial, &format!("bundle: {bundle}\nrules:\n{rules}"))
}

#[test]
fn a_signer_of_one_section_changes_no_route_of_another() {
    let (upstream, author) = (Upstream::start(), Author::new());
    let signed = |who: &str, bundle: &std::path::Path| {
        author.sign(&author.file(&format!("{who}.pem")), bundle, &[]);
    };
    let five = shop(&author, 5, "/refunds", "/shelf", "");
    signed("ada", &five);
    let server = BundleServer::start(Some(author.pack(&five)));
    let gateway =
        Gateway::build().upstream("/pay", &upstream.url()).upstream("/stock", &upstream.url());
    let gateway = ["--section", "--section", "--bundle-signer-section"]
        .into_iter()
        .zip(["/pay=pay", "/stock=stock", "ben=stock"])
        .fold(gateway, |gateway, (option, value)| gateway.arg(option).arg(value))
        .arg("--bundle-url")
        .arg(server.url())
        .arg("--bundle-interval")
        .arg("1s")
        .arg("--bundle-signer")
        .arg(author.file("ada.pub"))
        .arg("--bundle-signer")
        .arg(author.file("ben.pub"))
        .start();
    let token = gateway.token("robot");
    let denied = |path: &str| status(&gateway.address, &token, path) == 403;
    until("serial 5", SOON, || denied("/pay/refunds").then_some(()));
    let log = || std::fs::read_to_string(gateway.data.join("envoy/envoy.log")).unwrap();

    // What ada said of 5 goes along, as `pack --earlier` takes it.
    let earlier = author.file("earlier.sig");
    std::fs::copy(author.file("5.bundle.sig"), &earlier).unwrap();
    let release = |pay: &str, stock: &str, more: &str| {
        let six = shop(&author, 6, pay, stock, more);
        signed("ben", &six);
        author.pack_with(&six, &[&earlier])
    };
    let open = "  - {name: open, on: request, match: {http: {path: /none}}, effect: allow}\n";
    let refused = [
        ("another's rule", release("/none", "/shelf", ""), "its section `pay`"),
        ("a rule for all routes", release("/refunds", "/shelf", open), "for all routes"),
    ];
    for (what, file, why) in refused {
        let before = stat(&gateway, "refusals.sections");
        server.serve(Some(file));
        let counted = || (stat(&gateway, "refusals.sections") > before).then_some(());
        until(what, SOON, counted);
        assert!(log().contains(why), "{what}: {}", log());
        for _ in 0..8 {
            assert!(denied("/pay/refunds") && denied("/stock/shelf"), "{what}");
        }
        assert_eq!(stat(&gateway, "serial"), 5, "{what}");
    }

    server.serve(Some(release("/refunds", "/cellar", "")));
    until("ben's release", SOON, || {
        (0..16).all(|_| denied("/stock/cellar") && !denied("/stock/shelf")).then_some(())
    });
    assert!(denied("/pay/refunds") && !denied("/pay/cellar"));
    assert_eq!(stat(&gateway, "serial"), 6);
}
