use super::*;

fn principal(issuer: &Value, changes: Value) -> Result<Principal, &'static str> {
    let signer = Signer::named("a");
    let config = merge(inline(&[signer.jwk()]), issuer);
    ask(&mut identity(&[config]), &signer.token(&claims_with(&changes)), NOW)
}

fn groups(changes: Value) -> Vec<String> {
    principal(&json!({}), changes).unwrap().groups
}

#[test]
fn groups_come_from_the_configured_claim() {
    assert_eq!(groups(json!({"groups": ["b", "a"]})), ["b", "a"]);
    assert_eq!(groups(json!({"groups": "dba"})), ["dba"]);
    assert!(groups(json!({"groups": []})).is_empty());
    assert!(groups(json!({"roles": ["dba"]})).is_empty());
    let roles = principal(&json!({"groups_claim": "roles"}), json!({"roles": ["dba"]})).unwrap();
    assert_eq!(roles.groups, ["dba"]);
}

#[test]
fn the_agent_is_who_acts_for_the_subject() {
    let agent = |changes: Value| principal(&json!({}), changes).unwrap().agent;
    assert_eq!(agent(json!({})), None);
    assert_eq!(agent(json!({"azp": ""})), None);
    assert_eq!(agent(json!({"azp": "a", "client_id": "b"})).as_deref(), Some("a"));
    assert_eq!(agent(json!({"client_id": "b"})).as_deref(), Some("b"));
    assert_eq!(agent(json!({"act": {"sub": "c", "act": {"sub": "d"}}})).as_deref(), Some("c"));
}

#[test]
fn one_of_several_audiences_is_enough() {
    assert!(principal(&json!({}), json!({"aud": ["billing", AUDIENCE]})).is_ok());
    assert!(principal(&json!({"audiences": ["a", "b"]}), json!({"aud": ["b", "c"]})).is_ok());
    assert!(principal(&json!({"audiences": ["a", "b"]}), json!({"aud": ["c"]})).is_err());
}

#[test]
fn required_claims_are_required() {
    let required = json!({"required_claims": {"tenant": "acme", "scope": "tools", "level": 2}});
    let good = json!({"tenant": "acme", "scope": ["read", "tools"], "level": 2});
    assert!(principal(&required, good.clone()).is_ok());
    for changes in [
        json!({"tenant": null}),
        json!({"tenant": "other"}),
        json!({"tenant": true}),
        json!({"scope": ["read"]}),
        json!({"scope": "read tools"}),
        json!({"level": "2"}),
        json!({"level": [1]}),
    ] {
        let refusal = principal(&required, merge(good.clone(), &changes));
        assert_eq!(refusal, Err("token lacks a required claim"), "{changes}");
    }
}

/// As the API server signs it for a projected volume.
fn service_account(changes: &Value) -> Value {
    merge(
        json!({
            "iss": "https://kubernetes.default.svc.cluster.local",
            "aud": [AUDIENCE],
            "exp": NOW + 3607, "iat": NOW, "nbf": NOW, "jti": "6f2c",
            "sub": "system:serviceaccount:shop:agent",
            "kubernetes.io": {
                "namespace": "shop",
                "pod": {"name": "agent-0", "uid": "1"},
                "serviceaccount": {"name": "agent", "uid": "2"},
            },
        }),
        changes,
    )
}

#[test]
fn a_kubernetes_service_account_has_its_groups() {
    let issuer = "https://kubernetes.default.svc.cluster.local";
    let config = merge(inline(&[rsa_jwk()]), &json!({"issuer": issuer}));
    let mut identity = identity(&[config]);
    // Kubernetes signs with RS256 and leaves `typ` out.
    let mut ask_for = |changes: Value| {
        let claims: JWTClaims<Value> = serde_json::from_value(service_account(&changes)).unwrap();
        ask(&mut identity, &rsa().sign(claims).unwrap(), NOW)
    };
    let agent = ask_for(json!({})).unwrap();
    assert_eq!(agent.key(), (issuer, "system:serviceaccount:shop:agent"));
    assert_eq!(agent.groups, ["system:serviceaccounts", "system:serviceaccounts:shop"]);

    let legacy = json!({"kubernetes.io": null, "kubernetes.io/serviceaccount/namespace": "shop"});
    assert_eq!(ask_for(legacy).unwrap().groups, agent.groups);
    assert_eq!(ask_for(json!({"groups": ["own"]})).unwrap().groups, ["own"]);
    for changes in [
        json!({"kubernetes.io": null}),
        json!({"kubernetes.io": {"namespace": "kube-system"}}),
        json!({"sub": "system:serviceaccount:shop"}),
        json!({"sub": "system:serviceaccount:shop:"}),
        json!({"sub": "alice"}),
    ] {
        assert!(ask_for(changes.clone()).unwrap().groups.is_empty(), "{changes}");
    }
}
