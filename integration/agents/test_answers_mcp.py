"""Each answer of the gateway to a tool call over MCP, with both SDKs and in both eras.

The model reads what became of its call, whatever that is, and the run goes on.
"""

import asyncio
import json

import lookalikes
import pytest
from eras import Era
from gateway import Gateway
from javascript_sdk import JavaScript
from model_server import Call, Heard, Say
from order import Order
from python_sdk import Python
from test_blocked import reference
from test_held import assert_pending, off_the_loop
from test_masked import MARKS
from worker import Worker

pytestmark = pytest.mark.anyio

Sdk = Python | JavaScript

#: A caller that can bear a hold until a person has decided, and says so.
PATIENT = {"wait": 30, "patience": 60}
DROP = Call("query_db", {"sql": "DROP DATABASE customers"})


def delete(number: int) -> Call:
    return Call("delete_customer", {"id": number})


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])
async def test_blocked(worker: Worker, sdk: Sdk, era: Era, chat: bool, streamed: bool) -> None:
    order = Order(path=era.path, chat=chat, streamed=streamed)
    run = await sdk.run(worker, order, DROP, Say("I may not."))
    assert (run.problem, run.said) == (None, "I may not.")
    [text] = run.read
    assert text.startswith("Blocked by policy deny-destroying-sql: This SQL would destroy")
    assert "Do not retry." in text
    assert era.server.calls() == []
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert record["exchange"] == reference(text)


async def test_an_answer_that_is_blocked(worker: Worker, sdk: Sdk, era: Era) -> None:
    # The head of the answer, a 200, went out before its body was read.
    sql = lookalikes.sql_of_a_private_key()
    run = await sdk.run(worker, Order(path=era.path), Call("query_db", {"sql": sql}), Say("No."))
    assert (run.problem, run.said) == (None, "No.")
    [text] = run.read
    assert text.startswith("Blocked by policy") and "deny-keys-from-tools" in text
    assert "Do not retry." in text
    assert era.server.calls() == [("query_db", {"sql": sql})]
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert record["exchange"] == reference(text)
    assert record["verdict"]["reason"] == "response_denied"


async def test_held_and_approved_in_time(worker: Worker, sdk: Sdk, era: Era) -> None:
    order = Order(path=era.path, **PATIENT)
    number = era.server.new_customer()
    running = asyncio.create_task(sdk.run(worker, order, delete(number), Say("Gone.")))
    await asyncio.to_thread(worker.gateway.hold, worker.subject)
    assert era.server.calls() == []
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    run = await running
    assert (run.problem, run.said) == (None, "Gone.")
    assert run.read == [f"customer {number} deleted"]
    assert era.server.calls() == [("delete_customer", {"id": number})]
    worker.gateway.tool_records(worker.subject, 1)


async def test_deferred_by_default_before_the_client_gives_up(
    worker: Worker, sdk: Sdk, era: Era
) -> None:
    run = await sdk.run(worker, Order(path=era.path), delete(8), Say("I wait."))
    assert (run.problem, run.said) == (None, "I wait.")
    assert_pending(worker.gateway, run.read[0])
    assert era.server.calls() == []


async def test_deferred_and_repeated(worker: Worker, sdk: Sdk, era: Era) -> None:
    number = era.server.new_customer()
    call = delete(number)

    def after_approval(heard: Heard) -> Call:
        assert_pending(worker.gateway, heard.tool_outputs[-1])
        assert era.server.calls() == []
        worker.gateway.approve(worker.subject)
        return call

    turns = [call, off_the_loop(after_approval), call, Say("Gone.")]
    run = await sdk.run(worker, Order(path=era.path, wait=0), *turns)
    assert (run.problem, run.said) == (None, "Gone.")
    assert run.read[1] == f"customer {number} deleted"
    # One approval is one execution.
    assert_pending(worker.gateway, run.read[2])
    assert era.server.calls() == [("delete_customer", {"id": number})]


async def test_denied_while_it_waits(worker: Worker, sdk: Sdk, era: Era) -> None:
    order = Order(path=era.path, **PATIENT)
    running = asyncio.create_task(sdk.run(worker, order, delete(10), Say("Then not.")))
    await asyncio.to_thread(deny, worker.gateway, worker.subject)
    run = await running
    assert (run.problem, run.said) == (None, "Then not.")
    assert_denied(run.read[0])
    assert era.server.calls() == []


async def test_denied_before_it_is_repeated(worker: Worker, sdk: Sdk, era: Era) -> None:
    def after_denial(heard: Heard) -> Call:
        assert_pending(worker.gateway, heard.tool_outputs[-1])
        deny(worker.gateway, worker.subject)
        return delete(10)

    turns = [delete(10), off_the_loop(after_denial), Say("Then not.")]
    run = await sdk.run(worker, Order(path=era.path, wait=0), *turns)
    assert (run.problem, run.said) == (None, "Then not.")
    assert_denied(run.read[1])
    assert era.server.calls() == []


async def test_given_up_by_the_client(worker: Worker, sdk: Sdk, era: Era) -> None:
    # The header promises more patience than the client has.
    order = Order(path=era.path, wait=20, patience=1)
    number = era.server.new_customer()
    run = await sdk.run(worker, order, delete(number), Say("It did not work."))
    assert (run.problem, run.said) == (None, "It did not work.")
    assert run.read[0].startswith("An error occurred while running the tool. Please try again.")
    await asyncio.to_thread(worker.gateway.hold, worker.subject, "cancelled")
    worker.gateway.tool_records(worker.subject, 1)
    assert era.server.calls() == []


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])
async def test_masked(worker: Worker, sdk: Sdk, era: Era, chat: bool, streamed: bool) -> None:
    turns = [Call("read_customer", {"id": 4}), Say("Read.")]
    order = Order(path=era.path, chat=chat, streamed=streamed)
    run = await sdk.run(worker, order, *turns)
    assert (run.problem, run.said) == (None, "Read.")
    row = era.server.database.customer(4)
    assert json.loads(run.read[0]) == {**row, **MARKS}
    for heard in run.heard:
        assert not any(row[field] in heard.text for field in MARKS)


@pytest.mark.parametrize("audience", [None, "another-gateway"], ids=["none", "for-another"])
async def test_without_a_token_that_counts_the_run_does_not_begin(
    worker: Worker, sdk: Sdk, era: Era, gateway: Gateway, audience: str | None
) -> None:
    worker.token = gateway.token(worker.subject, "--aud", audience) if audience else ""
    run = await sdk.run(worker, Order(path=era.path), Say("Never said."))
    assert run.problem and run.said is None
    assert run.problem.name == ("SdkHttpError" if isinstance(sdk, JavaScript) else "MCPError")
    assert run.heard == []
    assert era.server.log.requests == []


async def test_a_token_that_stops_counting_ends_the_run(
    worker: Worker, sdk: Sdk, era: Era, gateway: Gateway
) -> None:
    later = gateway.token(worker.subject, "--aud", "another-gateway")
    query = Call("query_db", {"sql": "SELECT name FROM customers WHERE id = 2"})
    order = Order(path=era.path, later_token=later)
    run = await sdk.run(worker, order, query, Say("Never said."))
    assert run.problem and run.said is None
    assert len(run.heard) == 1
    assert era.server.calls() == []


async def test_a_token_is_renewed_in_the_middle_of_a_run(
    worker: Worker, sdk: Sdk, era: Era, gateway: Gateway
) -> None:
    # Of another principal, so that the records tell them apart; a session is its principal's alone.
    later = worker.subject if era.path.startswith("/old") else f"{worker.subject}-later"
    query = Call("query_db", {"sql": "SELECT name FROM customers WHERE id = 2"})
    order = Order(path=era.path, later_token=gateway.token(later))
    run = await sdk.run(worker, order, query, Say("Number 2."))
    assert (run.problem, run.said) == (None, "Number 2.")
    assert "Ben Osei" in run.read[0]
    gateway.tool_records(later, 1)
    assert gateway.records(worker.subject)


def deny(gateway: Gateway, subject: str) -> None:
    gateway.deny(subject, "this customer is under a legal hold")


def assert_denied(text: str) -> None:
    assert text.startswith("Denied by an approver: this customer is under a legal hold.")
    assert "Do not retry." in text
