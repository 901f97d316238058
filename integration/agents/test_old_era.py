"""The eras before 2026-07-28: sessions, a GET stream, answers as event streams."""

import asyncio
import json

import pytest
from gateway import findings_of
from model_server import Call, Say
from test_blocked import reference
from test_masked import MARKS
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

PATH = "/old/mcp"


async def test_an_allowed_call_is_answered_in_a_session(
    worker: Worker, old_upstream: ToolServer
) -> None:
    sql = "SELECT name FROM customers WHERE id = 2"
    async with worker.tools(PATH) as tools:
        turns = [Call("query_db", {"sql": sql}), Say("Number 2.")]
        run = await worker.run("Who is customer 2?", *turns, tools=tools)
    assert "Ben Osei" in run.read[0]
    assert old_upstream.calls() == [("query_db", {"sql": sql})]
    [opening] = old_upstream.messages("initialize")
    assert opening.json()["params"]["protocolVersion"] == "2025-11-25"
    [call] = old_upstream.messages("tools/call")
    session = call.headers["mcp-session-id"]
    assert call.headers["mcp-protocol-version"] == "2025-11-25"
    [stream] = [one for one in old_upstream.log.requests if one.method == "GET"]
    assert stream.headers["mcp-session-id"] == session
    [record] = worker.gateway.tool_records(worker.subject, 1)
    # The agent has the id with a seal: for another principal it is worth nothing. The record has neither.
    assert record["claims"]["session"].startswith("m_")
    assert session not in json.dumps([record["claims"], record["request"]])
    assert record["response"]["body"]["text"].startswith("id: ")
    assert record["verdict"]["effect"] == "allow"
    # The client hangs up once it has its event, sometimes before the stream has ended.
    assert record["end"] in ("complete", "aborted")


async def test_a_result_in_an_event_stream_is_masked_and_valid(
    worker: Worker, old_upstream: ToolServer
) -> None:
    async with worker.tools(PATH) as tools:
        turns = [Call("read_customer", {"id": 4}), Say("Read.")]
        run = await worker.run("Read customer 4.", *turns, tools=tools)
        structured = (await tools.call_tool("read_customer", {"id": 4})).structured_content
    customer = old_upstream.database.customer(4)
    assert json.loads(run.read[0]) == structured == {**customer, **MARKS}
    record, _ = worker.gateway.tool_records(worker.subject, 2)
    kinds = ["email", "payment-card", "us-ssn"]
    assert findings_of(record, "response") == {kind: (2, True) for kind in kinds}
    assert not any(customer[field] in json.dumps(record) for field in MARKS)


async def test_the_model_reads_why_a_call_is_blocked(
    worker: Worker, old_upstream: ToolServer
) -> None:
    async with worker.tools(PATH) as tools:
        turns = [Call("query_db", {"sql": "DROP DATABASE customers"}), Say("No.")]
        run = await worker.run("Drop it.", *turns, tools=tools)
    assert run.read[0].startswith("Blocked by policy deny-destroying-sql: ")
    assert old_upstream.calls() == []
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert record["exchange"] == reference(run.read[0])


async def test_a_call_approved_in_time_runs_once(worker: Worker, old_upstream: ToolServer) -> None:
    async with worker.tools(PATH) as tools:
        turns = [Call("delete_customer", {"id": 6}), Say("Gone.")]
        running = asyncio.create_task(worker.run("Delete customer 6.", *turns, tools=tools))
        await asyncio.to_thread(worker.gateway.approve, worker.subject)
        run = await running
    assert run.read == ["customer 6 deleted"]
    assert old_upstream.calls() == [("delete_customer", {"id": 6})]


async def test_a_session_ends_without_an_approval(worker: Worker, old_upstream: ToolServer) -> None:
    async with worker.tools(PATH, wait=0):
        pass
    [ending] = [one for one in old_upstream.log.requests if one.method == "DELETE"]
    assert ending.headers["mcp-session-id"]
