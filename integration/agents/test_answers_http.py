"""Each answer of the gateway to plain HTTP, as a tool of the agent's own calls it, with both SDKs.

The tool gets a status and JSON; the model reads what the tool gives it.
"""

import asyncio
import json
from typing import Any

import lookalikes
import pytest
from gateway import Gateway
from javascript_sdk import JavaScript
from model_server import Call, Heard, Say
from order import Answer, Order, Outcome
from python_sdk import Python
from test_held import off_the_loop
from test_masked import MARKS
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

Sdk = Python | JavaScript

both_apis = pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])


def delete(number: int) -> Call:
    return Call("delete_customer", {"id": number})


@both_apis
async def test_blocked(worker: Worker, sdk: Sdk, upstream: ToolServer, chat: bool) -> None:
    turns = [Call("query_db", {"sql": "DROP DATABASE customers"}), Say("I may not.")]
    run = await sdk.run(worker, Order(api=True, chat=chat), *turns)
    [answer] = ended_well(run, "I may not.")
    error = refused(answer, "denied")["error"]
    assert error["message"].startswith("Blocked by policy deny-destroying-sql: This SQL would")
    assert error["message"].endswith("Do not retry.")
    assert error["rule"] == "deny-destroying-sql"
    assert upstream.log.requests == []
    assert worker.gateway.explain(error["ref"])["record"]["kind"] == "http"


async def test_an_answer_that_is_blocked(worker: Worker, sdk: Sdk, upstream: ToolServer) -> None:
    # The head of the answer went out before its body was read: the error stands under its status.
    query = Call("query_db", {"sql": lookalikes.sql_of_a_private_key()})
    run = await sdk.run(worker, Order(api=True), query, Say("No."))
    [answer] = ended_well(run, "No.")
    assert answer.status == 200
    error = json.loads(answer.text)["error"]
    assert (error["code"], "MII" in answer.text) == ("response_denied", False)
    assert error["message"].startswith("Blocked by policy: Rule `deny-keys-from-tools` denies")
    assert error["message"].endswith("Do not retry.")
    assert arrived(upstream) == [("POST", "/query")]
    record = worker.gateway.record(worker.subject, lambda record: record["kind"] == "http")
    assert (record["verdict"]["reason"], record["end"]) == ("response_denied", "refused")
    assert record["exchange"] == error["ref"]


async def test_held_and_approved_in_time(worker: Worker, sdk: Sdk, upstream: ToolServer) -> None:
    number = upstream.new_customer()
    order = Order(api=True, wait=30)
    running = asyncio.create_task(sdk.run(worker, order, delete(number), Say("Gone.")))
    await asyncio.to_thread(worker.gateway.hold, worker.subject)
    assert upstream.log.requests == []
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    [answer] = ended_well(await running, "Gone.")
    assert (answer.status, json.loads(answer.text)) == (200, {"deleted": number})
    assert arrived(upstream) == [("DELETE", f"/customers/{number}")]


@both_apis
async def test_deferred_and_repeated(
    worker: Worker, sdk: Sdk, upstream: ToolServer, chat: bool
) -> None:
    number = upstream.new_customer()

    def after_approval(heard: Heard) -> Call:
        assert "Send the same request again after approval." in heard.tool_outputs[-1]
        assert upstream.log.requests == []
        worker.gateway.approve(worker.subject)
        return delete(number)

    turns = [delete(number), off_the_loop(after_approval), delete(number), Say("Gone.")]
    run = await sdk.run(worker, Order(api=True, wait=0, chat=chat), *turns)
    first, second, third = ended_well(run, "Gone.")
    pending = refused(first, "pending")
    assert pending["error"]["message"].startswith("Approval pending. This request deletes")
    assert pending["status"] == "pending"
    assert pending["ref"] == pending["error"]["ref"]
    assert pending["url"].startswith(f"{worker.gateway.console}/holds/")
    assert (second.status, json.loads(second.text)) == (200, {"deleted": number})
    # One approval is one execution.
    assert refused(third, "pending")["ref"] != pending["ref"]
    assert arrived(upstream) == [("DELETE", f"/customers/{number}")]


async def test_deferred_by_default_before_the_client_gives_up(
    worker: Worker, sdk: Sdk, upstream: ToolServer
) -> None:
    run = await sdk.run(worker, Order(api=True), delete(8), Say("I wait."))
    [answer] = ended_well(run, "I wait.")
    assert refused(answer, "pending")
    assert upstream.log.requests == []


async def test_denied_while_it_waits(worker: Worker, sdk: Sdk, upstream: ToolServer) -> None:
    order = Order(api=True, wait=30)
    running = asyncio.create_task(sdk.run(worker, order, delete(10), Say("Then not.")))
    await asyncio.to_thread(deny, worker.gateway, worker.subject)
    [answer] = ended_well(await running, "Then not.")
    assert_denied(answer)
    assert upstream.log.requests == []


async def test_denied_before_it_is_repeated(
    worker: Worker, sdk: Sdk, upstream: ToolServer
) -> None:
    def after_denial(heard: Heard) -> Call:
        deny(worker.gateway, worker.subject)
        return delete(10)

    turns = [delete(10), off_the_loop(after_denial), Say("Then not.")]
    run = await sdk.run(worker, Order(api=True, wait=0), *turns)
    _, answer = ended_well(run, "Then not.")
    assert_denied(answer)
    assert upstream.log.requests == []


@both_apis
async def test_masked(worker: Worker, sdk: Sdk, upstream: ToolServer, chat: bool) -> None:
    turns = [Call("read_customer", {"id": 4}), Say("Read.")]
    run = await sdk.run(worker, Order(api=True, chat=chat), *turns)
    [answer] = ended_well(run, "Read.")
    row = upstream.database.customer(4)
    assert (answer.status, json.loads(answer.text)) == (200, {**row, **MARKS})
    assert not any(row[field] in heard.text for heard in run.heard for field in MARKS)


@pytest.mark.parametrize("audience", [None, "another-gateway"], ids=["none", "for-another"])
async def test_without_a_token_that_counts(
    worker: Worker, sdk: Sdk, upstream: ToolServer, gateway: Gateway, audience: str | None
) -> None:
    # The model is still reached with the first token, or there would be no call.
    later = gateway.token(worker.subject, "--aud", audience) if audience else ""
    order = Order(api=True, later_token=later)
    run = await sdk.run(worker, order, Call("read_customer", {"id": 4}), Say("Never said."))
    [answer] = run.answers
    assert refused(answer, "unauthenticated", 401)["error"]["message"].endswith("bearer token.")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert upstream.log.requests == []
    # The model never hears of it: its next call has no better token, or none is sent without one.
    assert run.problem and run.said is None
    assert len(run.heard) == 1


def ended_well(run: Outcome, said: str) -> list[Answer]:
    """What the tools got; the model read the same."""
    assert (run.problem, run.said) == (None, said)
    assert run.read == [answer.text for answer in run.answers]
    return run.answers


def refused(answer: Answer, code: str, status: int = 403) -> dict[str, Any]:
    assert answer.status == status
    assert answer.headers["content-type"] == "application/json"
    body = json.loads(answer.text)
    assert body["error"]["code"] == answer.headers["x-gatehouse-reason"] == code
    assert body["error"]["ref"] == answer.headers["x-gatehouse-ref"]
    return body


def arrived(upstream: ToolServer) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in upstream.log.requests]


def deny(gateway: Gateway, subject: str) -> None:
    gateway.deny(subject, "this customer is under a legal hold")


def assert_denied(answer: Answer) -> None:
    message = refused(answer, "hold_denied")["error"]["message"]
    assert message.startswith("Denied by an approver: this customer is under a legal hold.")
    assert message.endswith("Do not retry.")
