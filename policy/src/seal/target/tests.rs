use super::{NotIssued, open};
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
        "",
        "/",
        "/v1/x?responses/resp_1",
    ] {
        assert_eq!(open(&ada, target), Ok(None), "{target}");
    }
}
