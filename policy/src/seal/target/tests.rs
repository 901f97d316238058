use super::{NotIssued, close, is_of_object, open};
use crate::seal::tests::seal;
use crate::seal::{Id, Seal};

fn id(of: &Seal, id: &str) -> String {
    of.close(Id::Object, id)
}

#[test]
fn own_ids_are_opened_where_they_stand() {
    let ada = seal("ada");
    let (response, item) = (id(&ada, "resp_1"), id(&ada, "msg_2"));
    for (target, own) in [
        (format!("/v1/responses/{response}"), "/v1/responses/resp_1"),
        (
            format!("/v1/responses/{}/cancel", response.replace('~', "%7E")),
            "/v1/responses/resp_1/cancel",
        ),
        (
            format!("/v1/responses/{response}/input_items?after={item}&limit=5"),
            "/v1/responses/resp_1/input_items?after=msg_2&limit=5",
        ),
        (
            format!("/v1/containers/{response}/files/{item}/content"),
            "/v1/containers/resp_1/files/msg_2/content",
        ),
        // Where ids are made of base64 they may end so.
        (
            format!("/v1/responses/{}/cancel", id(&ada, "resp_YWI==")),
            "/v1/responses/resp_YWI%3D%3D/cancel",
        ),
        (
            format!("/v1/files/{}", id(&ada, "a+b:c,d@e=").replace('=', "%3D")),
            "/v1/files/a%2Bb%3Ac%2Cd%40e%3D",
        ),
        (
            format!("/v1/responses/{response}/input_items?after={}&x=a=b;c", id(&ada, "i==")),
            "/v1/responses/resp_1/input_items?after=i%3D%3D&x=a=b;c",
        ),
    ] {
        assert_eq!(open(&ada, &target), Ok(Some(own.to_owned())), "{target}");
    }
}

#[test]
fn others_ids_are_refused() {
    let (ada, ben) = (seal("ada"), seal("ben"));
    for target in [
        "/v1/responses/resp_1".to_owned(),
        "/v1/Responses/resp_1?stream=true".to_owned(),
        "/v1/responses/%72esp_1/cancel".to_owned(),
        format!("/v1/responses/{}", id(&ben, "resp_1")),
        format!("/v1/anything/{}", id(&ben, "resp_1")),
        format!("/v1/responses/{}", id(&ada, "../models")),
        format!("/v1/responses/{}", id(&ada, "..")),
        format!("/v1/responses/{}/input_items?after={}", id(&ada, "resp_1"), id(&ben, "msg_1")),
        "/v1/conversations/conv_1/items".to_owned(),
        "/v1/files/file-1/content".to_owned(),
        "/v1/responses/resp_1==".to_owned(),
        "/v1/files;x=1/file-1/content".to_owned(),
        "/v1/files;x=1;y/file-1".to_owned(),
        "/v1/files%3Bx/file-1".to_owned(),
        "/v1/%2566iles/file-1".to_owned(),
        "/v1/files/file-1;x=1".to_owned(),
        "/v1/vector_stores/vs_1/search".to_owned(),
        "/v1/vector_stores/vs_1".to_owned(),
        "/v1/assistants/asst_1".to_owned(),
        "/v1/threads/thread_1/messages".to_owned(),
        "/v1/batches/batch_1/cancel".to_owned(),
        "/v1/fine_tuning/jobs/ftjob-1/events".to_owned(),
        format!("/v1/threads/{}/runs/run_1", id(&ada, "thread_1")),
        format!("/v1/vector_stores/{}/files/file-1", id(&ada, "vs_1")),
        format!("/v1/responses/{}", id(&ada, "a;b")),
        format!("/v1/responses/{}", id(&ada, "a%2e")),
        format!("/v1/responses/x;{}", id(&ben, "resp_1")),
        format!("/v1/models?a=b={}", id(&ben, "resp_1")),
        format!("/v1/models?{}=a", id(&ben, "resp_1")),
        format!("/v1/models?a;b?{}", id(&ben, "resp_1")),
    ] {
        assert_eq!(open(&ada, &target), Err(NotIssued), "{target}");
    }
}

#[test]
fn other_targets_stay() {
    let ada = seal("ada");
    for target in [
        "/v1/responses",
        "/v1/responses/",
        "/v1/responses?include=a",
        "/v1/chat/completions",
        "/v1/models/gpt-4o",
        "/v1/responses/input_tokens",
        "/v1/threads/runs",
        "/v1/vector_stores?limit=1",
        "",
        "/",
        "/v1/x?responses/resp_1",
    ] {
        assert_eq!(open(&ada, target), Ok(None), "{target}");
    }
}

#[test]
fn places_that_the_upstream_names_come_back() {
    let ada = seal("ada");
    for place in [
        "/v1/responses/resp_1",
        "/v1/responses/resp_YWI==/cancel?x=1",
        "/v1/containers/c_1/files/f_1/content",
    ] {
        let sealed = close(&ada, place).unwrap().unwrap();
        let opened = open(&ada, &sealed).unwrap().unwrap();
        assert_eq!(opened.replace("%3D", "="), place, "{sealed}");
        assert_eq!(open(&seal("ben"), &sealed), Err(NotIssued));
        assert!(is_of_object(place));
    }
    for place in ["/v1/models/gpt-4o", "/docs?responses/resp_1", "/v1/responses", "/"] {
        assert_eq!(close(&ada, place), Ok(None), "{place}");
        assert!(!is_of_object(place));
    }
    assert_eq!(close(&ada, "/v1/responses/resp_1#part"), Err(NotIssued));
}
