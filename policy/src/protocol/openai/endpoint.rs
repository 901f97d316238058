/*!
The endpoints of a model's API that rules can judge. The key that the gateway holds opens all there are:
files, batches, fine-tuning and whatever comes next, where rules on models and tools mean nothing.
*/

/// `path` is the normal form.
pub fn is_known(method: &str, path: &str) -> bool {
    let mut segments = path.split('/').skip_while(|segment| !segment.eq_ignore_ascii_case("v1"));
    // `V1` may be somebody's name for something else.
    if segments.next() != Some("v1") {
        return false;
    }
    let rest: Vec<&str> = segments.collect();
    match (method, rest.as_slice()) {
        ("POST", ["responses" | "embeddings"] | ["chat", "completions"] | ["traces", "ingest"])
        | ("GET", ["models"]) => true,
        ("GET" | "DELETE", ["responses", id])
        | ("POST", ["responses", id, "cancel"])
        | ("GET", ["responses", id, "input_items"] | ["models", id]) => is_id(id),
        _ => false,
    }
}

fn is_id(segment: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte);
    !segment.is_empty() && segment.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::is_known;

    #[test]
    fn what_is_known() {
        for (method, path) in [
            ("POST", "/v1/responses"),
            ("GET", "/v1/responses/resp_0a"),
            ("DELETE", "/v1/responses/resp_0a"),
            ("POST", "/v1/responses/resp_0a/cancel"),
            ("GET", "/v1/responses/resp_0a/input_items"),
            ("POST", "/openai/v1/chat/completions"),
            ("POST", "/a/b/v1/embeddings"),
            ("GET", "/v1/models"),
            ("GET", "/v1/models/ft:gpt-4o:org::7a"),
            ("POST", "/v1/traces/ingest"),
        ] {
            assert!(is_known(method, path), "{method} {path}");
        }
    }

    #[test]
    fn all_else_is_not() {
        for (method, path) in [
            ("GET", "/v1/responses"),
            ("POST", "/v1/responses/resp_0a"),
            ("PUT", "/v1/responses/resp_0a"),
            ("HEAD", "/v1/models"),
            ("OPTIONS", "/v1/responses"),
            ("DELETE", "/v1/models/m"),
            ("POST", "/v1/responses/a/b/cancel"),
            ("POST", "/v1/responses/compact"),
            ("POST", "/v1/Responses"),
            ("POST", "/V1/responses"),
            ("POST", "/responses"),
            ("POST", "/v1"),
            ("POST", "/v12/responses"),
            ("POST", "/v1/files"),
            ("GET", "/v1/files/v1/models"),
            ("POST", "/V1/files/v1/responses"),
            ("POST", "/v1/organization/admin_api_keys"),
            ("GET", "/v1/models/a b"),
            ("GET", "/v1/models/é"),
            ("POST", "/openai/deployments/x/chat/completions"),
        ] {
            assert!(!is_known(method, path), "{method} {path}");
        }
    }
}
