/*! Several of both ends, and those who are none. */

use integration::envoy::cluster;
use integration::postgres::Postgres;
use integration::tls::Pair;

use super::*;

#[test]
fn two_envoys_and_two_replicas_have_one_store() {
    let ends = Ends::new(&[]);
    let database = Postgres::start();
    let service = Service::postgres(&ends.gateway, &database);
    let (mut one, two) = (service.replica(), service.replica());
    let envoys = [(); 2].map(|()| {
        Envoy::with(&ends.gateway, 2, |config| service.serves_all(&[&one, &two], config))
    });
    let calls = |name: &str| {
        for number in 0..20 {
            envoys.iter().for_each(|envoy| ends.pass(envoy, &format!("/{name}/{number}")));
        }
    };
    calls("both");
    let store = service.stored();
    until("all of them to be stored", SOON, || (store.lines().len() == 40).then_some(()));
    let lines: Vec<Line> = envoys.iter().flat_map(|envoy| all_written(envoy, 20)).collect();
    assert_eq!(by_place(stored(&store)), by_place(lines));

    // Streams go over to the one that is left, and nothing but what was under way is lost.
    one.kill();
    until("records of both at the other replica", SOON, || {
        envoys.iter().for_each(|envoy| ends.pass(envoy, "/alone"));
        let came = by_place(stored(&store));
        let has_come = |envoy: &Envoy| {
            let text = std::fs::read_to_string(&envoy.records).unwrap();
            let alone = text.lines().filter(|line| line.contains("/alone"));
            let mut whole = alone.filter_map(|line| Line::parse(line.as_bytes()));
            whole.any(|line| came.contains_key(&place(&line)))
        };
        envoys.iter().all(has_come).then_some(())
    });
    assert_eq!(store.conflicts(), 0);
}

/// The certificate of the cluster that records go by.
fn proven_by(config: &mut Value, pair: &Pair, folder: &Path, name: &str) {
    let (certificate, key) = pair.files(folder, name);
    let tls = &mut cluster(config, "gatehouse_records")["transport_socket"]["typed_config"]["common_tls_context"];
    tls["tls_certificates"] = json!([{
        "certificate_chain": { "filename": certificate }, "private_key": { "filename": key },
    }]);
}

#[test]
fn records_are_those_of_whoever_the_certificate_names() {
    let ends = Ends::new(&[]);
    let service = Service::sqlite(&ends.gateway);
    let replica = service.replica();
    let folder = integration::place::folder();
    let named = |name: &str, file: &str| {
        let pair = service.certificate(name);
        Envoy::start(&ends.gateway, |config| {
            service.serves_all(&[&replica], config);
            proven_by(config, &pair, folder.path(), file);
        })
    };
    let stranger = named("spiffe://gatehouse/agent", "agent");
    let team = named("spiffe://gatehouse/filter/team-1", "team");
    ends.pass(&stranger, "/stranger");
    all_written(&stranger, 1);
    until("the stranger to be refused", SOON, || {
        let failed = "cluster.gatehouse_records.ssl.connection_error";
        let away = "cluster.gatehouse_records.upstream_cx_destroy_remote";
        (stranger.stat(failed) + stranger.stat(away) > 0).then_some(())
    });
    ends.pass(&team, "/team");
    let store = service.stored();
    let lines = until("the record of the team", SOON, || {
        Some(store.lines()).filter(|lines| !lines.is_empty())
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].0, "team-1");
    assert!(lines[0].1.record.as_ref().unwrap().contains("/team"));
}
