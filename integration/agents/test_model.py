"""What goes to the model and what comes back: masked, refused or held as the rules say."""

import asyncio
import functools
import json

import lookalikes
import pytest
from agents import ModelRefusalError, function_tool
from gateway import findings_of, rules_of
from model_server import Call, ModelServer, Say
from openai import AsyncOpenAI, PermissionDeniedError
from worker import Worker

pytestmark = pytest.mark.anyio

both_apis = pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])


@both_apis
async def test_secrets_in_a_prompt_do_not_reach_the_model(worker: Worker, chat: bool) -> None:
    ssn, card = lookalikes.social_security_number(), lookalikes.card()
    key = lookalikes.cloud_key_id()
    prompt = f"SSN {ssn}, card {card}, key {key}; write to {lookalikes.email()}"
    run = await worker.run(prompt, Say("Noted."), chat=chat)
    [heard] = run.heard
    assert "SSN [REDACTED:us-ssn], card [REDACTED:payment-card]," in heard.text
    # The rules let an address pass on its way out, and only there.
    assert f"key [REDACTED:aws-access-key-id]; write to {lookalikes.email()}" in heard.text
    [record] = worker.model_records(1)
    assert findings_of(record, "request") == {
        "aws-access-key-id": (1, True),
        "email": (1, False),
        "payment-card": (1, True),
        "us-ssn": (1, True),
    }
    assert record["verdict"]["effect"] == "redact"
    assert set(rules_of(record)) == {
        "redact-cards-and-ssns-in-requests",
        "redact-secrets-in-requests",
    }
    assert not any(value in json.dumps(record) for value in (ssn, card, key, lookalikes.email()))


@both_apis
async def test_secrets_in_instructions_do_not_reach_the_model(worker: Worker, chat: bool) -> None:
    key = lookalikes.cloud_key_id()
    run = await worker.run("Hello.", Say("Hello."), chat=chat, instructions=f"Sign in with {key}.")
    masked = "Sign in with [REDACTED:aws-access-key-id]."
    [heard] = run.heard
    if chat:
        assert heard.body["messages"][0] == {"role": "system", "content": masked}
    else:
        assert heard.body["instructions"] == masked
    assert key not in heard.text
    [record] = worker.model_records(1)
    assert findings_of(record, "request") == {"aws-access-key-id": (1, True)}
    assert rules_of(record) == ["redact-secrets-in-requests"]


@pytest.mark.parametrize("several", [False, True], ids=["one", "several"])
async def test_secrets_in_what_is_embedded_do_not_reach_the_model(
    worker: Worker, several: bool
) -> None:
    ssn, key = lookalikes.social_security_number(), lookalikes.cloud_key_id()
    text = f"SSN {ssn}, key {key}"
    heard = worker.play()
    async with AsyncOpenAI(base_url=f"{worker.gateway.url}/v1", api_key=worker.token) as openai:
        made = await openai.embeddings.create(
            model=worker.subject,
            input=["Nothing to see.", text] if several else text,
            encoding_format="float",
        )
    masked = "SSN [REDACTED:us-ssn], key [REDACTED:aws-access-key-id]"
    [one] = heard
    assert one.body["input"] == (["Nothing to see.", masked] if several else masked)
    # The answer is that of the model, over what it read.
    assert made.data[-1].embedding == [float(len(masked))]
    [record] = worker.model_records(1)
    assert findings_of(record, "request") == {"us-ssn": (1, True), "aws-access-key-id": (1, True)}


@both_apis
async def test_secrets_in_a_local_tools_output_do_not_reach_the_model(
    worker: Worker, chat: bool
) -> None:
    key = lookalikes.cloud_key_id()

    @function_tool
    def read_settings() -> str:
        """Read the settings of this machine."""
        return json.dumps({"region": "north", "key": key})

    turns = [Call("read_settings"), Say("Read.")]
    run = await worker.run("Read the settings.", *turns, functions=[read_settings], chat=chat)
    assert json.loads(run.read[0]) == {"region": "north", "key": "[REDACTED:aws-access-key-id]"}
    assert not any(key in heard.text for heard in run.heard)


@both_apis
async def test_personal_data_in_the_models_answer_does_not_reach_the_agent(
    worker: Worker, chat: bool
) -> None:
    said = f"Her address is {lookalikes.email()}, her number {lookalikes.social_security_number()}."
    run = await worker.run("Who is she?", Say(said), chat=chat)
    assert run.said == "Her address is [REDACTED:email], her number [REDACTED:us-ssn]."


@both_apis
async def test_a_blocked_request_ends_the_run_with_the_reason(
    worker: Worker, model_server: ModelServer, chat: bool
) -> None:
    asked = len(model_server.log.requests)
    with pytest.raises(PermissionDeniedError) as raised:
        await worker.run(f"Sign with {lookalikes.private_key()}", Say("Never said."), chat=chat)
    assert raised.value.code == "gatehouse_blocked"
    assert "Blocked by policy deny-keys-to-the-model: The model must" in raised.value.message
    # The client was told not to try again, and did not.
    [record] = worker.model_records(1)
    assert (record["verdict"]["effect"], record["end"]) == ("deny", "refused")
    assert model_server.log.requests[asked:] == []


@both_apis
async def test_a_pending_request_passes_once_when_the_run_is_repeated(
    worker: Worker, model_server: ModelServer, chat: bool
) -> None:
    headers = {"x-budget": "large", "x-gatehouse-wait": "0"}
    again = functools.partial(worker.run, "Think hard.", Say("Done."), chat=chat, headers=headers)
    with pytest.raises(PermissionDeniedError) as raised:
        await again()
    assert raised.value.code == "gatehouse_pending"
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    run = await again()
    assert (run.said, len(run.heard)) == ("Done.", 1)
    assert run.heard[0].headers["x-budget"] == "large"
    assert not any(name.startswith("x-gatehouse-") for name in run.heard[0].headers)
    with pytest.raises(PermissionDeniedError):
        await again()


async def test_a_request_held_in_silence_passes_when_approved(worker: Worker) -> None:
    headers = {"x-budget": "large", "x-gatehouse-wait": "60"}
    running = asyncio.create_task(worker.run("Think hard.", Say("Done."), headers=headers))
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    run = await running
    assert (run.said, len(run.heard)) == ("Done.", 1)


@both_apis
async def test_an_answer_that_must_not_pass_does_not_reach_the_agent(
    worker: Worker, chat: bool
) -> None:
    # The head of the answer, a 200, went out before the body was read.
    with pytest.raises(ModelRefusalError) as raised:
        await worker.run("Give me the key.", Say(lookalikes.private_key()), chat=chat)
    assert raised.value.refusal.startswith("Blocked by policy")
    assert "deny-keys-from-the-model" in raised.value.refusal
    assert "MII" not in raised.value.refusal
    [record] = worker.model_records(1)
    assert record["verdict"]["reason"] == "response_denied"
    assert lookalikes.private_key() not in json.dumps(record)


@pytest.mark.parametrize("words", ["Grant Ben access to the report", "DROP DATABASE customers;"])
async def test_words_that_read_like_sql_reach_the_model(worker: Worker, words: str) -> None:
    @function_tool
    def read_note() -> str:
        """Read the note."""
        return words

    turns = [Call("read_note"), Say("Read.")]
    impatient = {"x-gatehouse-wait": "0"}
    run = await worker.run("Read.", *turns, functions=[read_note], headers=impatient)
    assert run.read == [words]
