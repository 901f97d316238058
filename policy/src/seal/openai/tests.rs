use proptest::prelude::*;
use serde_json::{Value, json};

use super::{NotIssued, close, open, open_told};
use crate::json::Spanned;
use crate::redact::apply;
use crate::seal::tests::{edited, seal};
use crate::seal::{Id, Seal};

fn opened(of: &Seal, body: &Value) -> Result<Value, NotIssued> {
    let text = body.to_string();
    let edits = open(of, &Spanned::parse(&text).unwrap())?;
    Ok(edited(&text, &edits))
}

fn closed(of: &Seal, body: &Value) -> Value {
    let text = body.to_string();
    let edits = close(of, &Spanned::parse(&text).unwrap());
    edited(&text, &edits)
}

#[test]
fn an_answers_ids_come_back_to_their_principal_alone() {
    let (ada, ben) = (seal("ada"), seal("ben"));
    let answer = json!({
        "id": "resp_1", "object": "response", "conversation": {"id": "conv_1"}, "previous_response_id": null,
        "metadata": {"id": "mine"}, "tools": [{"type": "mcp", "id": "t"}], "model": "m",
        "output": [
            {"type": "reasoning", "id": "rs_1", "summary": []},
            {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1"},
            {"type": "message", "id": "msg_1", "content": [{"type": "output_text", "text": "id",
                "annotations": [{"type": "container_file_citation", "file_id": "cfile_1", "container_id": "cntr_1"}]}]},
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", "arguments": "{\"id\":\"x\"}"},
        ],
    });
    let given = closed(&ada, &answer);
    assert_eq!(given["metadata"], answer["metadata"]);
    assert_eq!(given["tools"], answer["tools"]);
    assert_eq!(given["output"][3]["call_id"], "call_1");
    let id = |pointer: &str| given.pointer(pointer).unwrap().clone();
    let asked = |more: Value| {
        let mut body = json!({"model": "m"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    for (body, plain) in [
        (json!({"previous_response_id": id("/id")}), json!({"previous_response_id": "resp_1"})),
        (json!({"conversation": id("/conversation/id")}), json!({"conversation": "conv_1"})),
        (json!({"conversation": id("/conversation")}), json!({"conversation": {"id": "conv_1"}})),
        (json!({"input": [id("/output/0")]}), json!({"input": [answer["output"][0]]})),
        (json!({"input": [id("/output/1")]}), json!({"input": [answer["output"][1]]})),
        (
            json!({"input": [{"type": "item_reference", "id": id("/output/2/id")}]}),
            json!({"input": [{"type": "item_reference", "id": "msg_1"}]}),
        ),
        (json!({"input": [{"id": id("/output/2/id")}]}), json!({"input": [{"id": "msg_1"}]})),
        (
            json!({"tools": [{"type": "code_interpreter", "container": id("/output/1/container_id")}]}),
            json!({"tools": [{"type": "code_interpreter", "container": "cntr_1"}]}),
        ),
        (
            json!({"input": [{"role": "user", "content": [{"type": "input_file", "file_id":
                id("/output/2/content/0/annotations/0/file_id")}]}]}),
            json!({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "cfile_1"}]}]}),
        ),
    ] {
        assert_eq!(opened(&ada, &asked(body.clone())), Ok(asked(plain.clone())), "{body}");
        assert_eq!(opened(&ben, &asked(body.clone())), Err(NotIssued), "{body}");
        assert_eq!(opened(&ada, &asked(plain.clone())), Err(NotIssued), "{plain}");
    }
    // What brings its content along is anybody's, and its id then nobody's else.
    let history = json!({"input": [given["output"][2], given["output"][3]]});
    let plain = json!({"input": [answer["output"][2], answer["output"][3]]});
    assert_eq!(opened(&ada, &history), Ok(plain));
    let call = json!({"input": [given["output"][3]]});
    let foreign = opened(&ben, &call).unwrap();
    let id = foreign["input"][0]["id"].as_str().unwrap();
    assert!(id.starts_with("fc_") && id != "fc_1" && id.len() == 25, "{id}");
    assert_eq!(opened(&ben, &json!({"input": [answer["output"][3]]})), Ok(foreign));
    // But not for the file that a message cites.
    assert_eq!(opened(&ben, &history), Err(NotIssued));
}

/// Whatever of a request an answer echoes leaves sealed: none of it may be the id of another's object.
#[test]
fn an_echo_gives_away_nothing() {
    let ben = seal("ben");
    for id in ["msg_1", "file-A", "resp_1", "m"] {
        let sent = opened(&ben, &json!({"input": [{"role": "user", "content": "x", "id": id}]}));
        assert_ne!(sent.unwrap()["input"][0]["id"], id);
    }
    for member in ["approval_request_id", "item_id"] {
        let item = json!({"type": "mcp_approval_response", member: "resp_1", "approve": false});
        assert_eq!(opened(&ben, &json!({"input": [item]})), Err(NotIssued), "{member}");
    }
    let checks = json!({"data": [{"acknowledged_safety_checks": [{"id": "file-A"}]}]});
    assert_eq!(closed(&ben, &checks), checks);
}

#[test]
fn an_id_comes_back_wherever_it_stands() {
    let ada = seal("ada");
    let store = ada.close(Id::Object, "vs_1");
    let body = json!({"tools": [{"type": "file_search", "vector_store_ids": [store]}]});
    let plain = json!({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]});
    assert_eq!(opened(&ada, &body), Ok(plain));
    let listed = closed(&ada, &json!({"id": "vs_1", "file_ids": ["file-1"]}));
    assert_eq!(listed["file_ids"][0], ada.close(Id::Object, "file-1"));
}

/// What rules have to open before it can be asked for, and what then is brought back.
#[test]
fn stores_batches_and_threads_are_their_principals() {
    let (ada, ben) = (seal("ada"), seal("ben"));
    for (answer, asks) in [
        (
            json!({"object": "list", "data": [{"file_id": "file-1", "filename": "a", "score": 1}]}),
            vec![
                json!({"file_ids": ["file-1"]}),
                json!({"input_file_id": "file-1"}),
                json!({"training_file": "file-1", "validation_file": "file-1"}),
                json!({"attachments": [{"file_id": "file-1", "tools": []}]}),
                json!({"content": [{"type": "image_file", "image_file": {"file_id": "file-1"}}]}),
                json!({"data_source": {"type": "jsonl", "source": {"type": "file_id", "id": "file-1"}}}),
            ],
        ),
        (
            json!({"id": "batch_1", "input_file_id": "file-1", "output_file_id": "file-2", "error_file_id": null}),
            vec![json!({"batch_id": "batch_1"}), json!({"file_id": "file-2"})],
        ),
        (
            json!({"id": "run_1", "thread_id": "thread_1", "assistant_id": "asst_1"}),
            vec![json!({"run_id": "run_1"}), json!({"thread_id": "thread_1"})],
        ),
        (json!({"id": "part_1", "upload_id": "upload_1"}), vec![json!({"part_ids": ["part_1"]})]),
        (json!({"id": "video_1"}), vec![json!({"video": {"id": "video_1"}})]),
    ] {
        let given = closed(&ada, &answer).to_string();
        for plain in asks {
            let text = plain.to_string();
            let mut sealed = text.clone();
            for id in ["file-1", "file-2", "batch_1", "run_1", "thread_1", "part_1", "video_1"] {
                let own = ada.close(Id::Object, id);
                if text.contains(&format!("\"{id}\"")) {
                    assert!(given.contains(&own), "{id} in {given}");
                }
                sealed = sealed.replace(&format!("\"{id}\""), &format!("\"{own}\""));
            }
            let sealed: Value = serde_json::from_str(&sealed).unwrap();
            assert_eq!(opened(&ada, &sealed), Ok(plain.clone()));
            assert_eq!(opened(&ben, &sealed), Err(NotIssued), "{sealed}");
            assert_eq!(opened(&ada, &plain), Err(NotIssued), "{plain}");
        }
    }
}

/// Stores and assistants are made in the provider's console, too, for all programs. Named in a body they need no seal,
/// and none is made for one that is only echoed.
#[test]
fn what_is_shared_comes_as_it_is() {
    let (ada, ben) = (seal("ada"), seal("ben"));
    for (plain, id) in [
        (json!({"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}]}), "vs_1"),
        (json!({"tool_resources": {"file_search": {"vector_store_ids": ["vs_1"]}}}), "vs_1"),
        (json!({"assistant_id": "asst_1"}), "asst_1"),
    ] {
        assert_eq!(opened(&ada, &plain), Ok(plain.clone()));
        assert_eq!(closed(&ada, &plain), plain);
        let own = ada.close(Id::Object, id);
        let sealed: Value = serde_json::from_str(&plain.to_string().replace(id, &own)).unwrap();
        assert_eq!(opened(&ada, &sealed), Ok(plain.clone()));
        assert_eq!(opened(&ben, &sealed), Ok(sealed.clone()), "the upstream knows no such id");
    }
}

#[test]
fn a_trace_tells_of_anybodys_ids() {
    let (ada, ben) = (seal("ada"), seal("ben"));
    let (own, other) = (ada.close(Id::Object, "resp_1"), ben.close(Id::Object, "resp_2"));
    let body =
        json!({"data": [{"response_id": own}, {"response_id": other}, {"conversation_id": "x"}]});
    let text = body.to_string();
    let edits = open_told(&ada, &Spanned::parse(&text).unwrap());
    let told: Value = serde_json::from_slice(&apply(text.as_bytes(), &edits)).unwrap();
    assert_eq!(told["data"][0]["response_id"], "resp_1");
    assert_eq!((&told["data"][1], &told["data"][2]), (&body["data"][1], &body["data"][2]));
}

#[test]
fn disguises_are_refused() {
    let ada = seal("ada");
    for body in [
        json!({"Previous_Response_ID": "resp_1"}),
        json!({"conversation": {"ID": "conv_1"}}),
        json!({"input": [{"type": "reasoning", "id": "rs_1", "summary": []}]}),
        json!({"input": [{"type": "image_generation_call", "id": "ig_1"}]}),
        json!({"input": [{"type": ["message"], "id": "msg_1", "content": "x"}]}),
        json!({"input": [{"type": "message", "id": "msg_1"}]}),
        json!({"input": [{"type": "function_call_output", "call_id": "c", "output":
            [{"type": "input_file", "file_id": "file-1"}]}]}),
        json!({"input": {"id": "msg_1"}}),
        json!({"messages": [{"role": "assistant", "audio": {"id": "audio_1"}}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "file-1"}}]}]}),
        json!({"tools": [{"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}]}),
        json!({"prompt": {"id": "pmpt_1", "variables": {"metadata": {"type": "input_file", "file_id": "file-1"}}}}),
        json!({"prompt": {"id": "pmpt_1", "variables": {"doc": {"type": "input_file", "file_id": "file-1"}}}}),
    ] {
        assert_eq!(opened(&ada, &body), Err(NotIssued), "{body}");
    }
}

#[test]
fn what_names_nothing_stored_passes() {
    let ada = seal("ada");
    for body in [
        json!({"model": "gpt-4o", "input": "previous_response_id resp_1"}),
        json!({"previous_response_id": null, "metadata": {"file_id": "file-1"}}),
        json!({"tools": [{"type": "function", "name": "f", "parameters": {"properties": {"file_id": "x"}}}]}),
        json!({"tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
        json!({"prompt": {"id": "pmpt_1"}}),
        json!({"messages": [{"role": "assistant", "tool_calls": [{"id": "call_1"}]}, {"role": "tool", "tool_call_id": "call_1"}]}),
    ] {
        assert_eq!(opened(&ada, &body), Ok(body.clone()), "{body}");
    }
    let models = json!({"object": "list", "data": [{"object": "model", "id": "gpt-4o"}]});
    assert_eq!(closed(&ada, &models), models);
    let chunk = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "call_1"}]}}]});
    assert_eq!(closed(&ada, &chunk), chunk);
}

proptest! {
    #[test]
    fn what_was_sealed_opens_as_it_was(name in "(id|item_id|file_id|response_id|x)", value in "[ -~é]{0,12}") {
        let ada = seal("ada");
        let body = json!({"type": "x", name: value});
        prop_assert_eq!(opened(&ada, &closed(&ada, &body)).unwrap_or_else(|_| body.clone()), body);
    }

    #[test]
    fn anybodys_text_is_read(text in any::<String>()) {
        let ada = seal("ada");
        let text = format!(r#"{{"id":{}}}"#, Value::String(text));
        let root = Spanned::parse(&text).unwrap();
        let edits = close(&ada, &root);
        prop_assert!(serde_json::from_slice::<Value>(&apply(text.as_bytes(), &edits)).is_ok());
        let edits = open(&ada, &root).unwrap();
        prop_assert!(serde_json::from_slice::<Value>(&apply(text.as_bytes(), &edits)).is_ok());
        let _ = Id::Object;
    }
}
