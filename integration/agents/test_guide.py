"""The programs that docs/guide/agents-sdk.md shows, as they stand there."""

import asyncio
import json
import pathlib
import re
import time
from typing import Any

import lookalikes
import pytest
from guide_program import Program, shown
from model_server import Call, ModelServer, Say
from test_masked import MARKS
from tool_server import ToolServer
from waiting import soon
from worker import Worker

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["python", "js"])
def program(request: pytest.FixtureRequest, worker: Worker, tmp_path: pathlib.Path) -> Program:
    return shown("agents-sdk.md", request.param, worker, tmp_path)


async def test_an_allowed_run_is_masked_and_its_traces_too(
    program: Program, upstream: ToolServer, model_server: ModelServer, worker: Worker
) -> None:
    model_server.traces.clear()
    heard = model_server.play("gpt-5", Call("read_customer", {"id": 4}), Say("Read."))
    assert await program.prints("Read customer 4.") == "Read."
    row = upstream.database.customer(4)
    assert json.loads(heard[-1].tool_outputs[0]) == {**row, **MARKS}
    spans = [span for heard in model_server.traces for span in heard.body["data"]]
    kinds = {(span.get("span_data") or {}).get("type") for span in spans}
    assert {"agent", "function", "mcp_tools"} <= kinds
    assert MARKS["ssn"] in json.dumps([heard.body for heard in model_server.traces])
    assert not any(row[field] in json.dumps([heard.body for heard in model_server.traces]) for field in MARKS)
    for request in model_server.log.requests:
        assert worker.token not in request.body + str(request.headers)


async def test_a_run_is_one_session(
    program: Program, model_server: ModelServer, worker: Worker
) -> None:
    model_server.play("gpt-5", Call("read_customer", {"id": 4}), Say("Read."))
    assert await program.prints("Read customer 4.") == "Read."

    def all_recorded() -> list[dict[str, Any]] | None:
        records = worker.gateway.records(worker.subject)
        mine = [one for one in records if one["request"]["path"] != "/v1/traces/ingest"]
        return mine if sum(one["kind"] == "openai" for one in mine) == 2 else None

    records = await soon("records of both calls of the model", all_recorded)
    assert {one["kind"] for one in records} >= {"openai", "mcp"}
    [session] = {(one["session"]["id"], one["session"]["joined_by"]) for one in records}
    assert session[1] == "run"


async def test_what_only_the_program_knows_is_masked_on_its_way_into_a_trace(
    program: Program, model_server: ModelServer
) -> None:
    # With Chat Completions the prompt stands in a span.
    program.use_chat_completions()
    model_server.traces.clear()
    heard = model_server.play("gpt-5", Say("Nobody."))
    ssn = lookalikes.social_security_number()
    assert await program.prints(f"Whose is {ssn}?") == "Nobody."
    assert "messages" in heard[0].body
    traces = json.dumps([heard.body for heard in model_server.traces])
    assert "Whose is [REDACTED:us-ssn]?" in traces
    assert ssn not in traces


async def test_a_held_call_waits_longer_than_clients_do_by_default(
    program: Program, upstream: ToolServer, model_server: ModelServer, worker: Worker
) -> None:
    number = upstream.new_customer()
    heard = model_server.play("gpt-5", Call("delete_customer", {"id": number}), Say("Gone."))
    running = asyncio.create_task(program.prints(f"Delete customer {number}."))
    await asyncio.to_thread(worker.gateway.hold, worker.subject)
    # The gateway waits for four seconds by default, the client for Python for five.
    enough = time.monotonic() + 5.5
    await soon("more than the defaults", lambda: running.done() or time.monotonic() > enough)
    assert not running.done()
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    assert await running == "Gone."
    assert heard[-1].tool_outputs == [f"customer {number} deleted"]


async def test_a_blocked_request_prints_why_and_its_trace_is_lost(
    program: Program, model_server: ModelServer, worker: Worker
) -> None:
    # The prompt stands in a span again, so the rule denies the trace as well.
    program.use_chat_completions()
    printed = await program.prints(f"Sign with {lookalikes.private_key()}")
    assert printed.startswith("gatehouse_blocked ")
    assert "Blocked by policy deny-keys-to-the-model: The model must not" in printed
    _, trace = worker.model_records(2)
    assert trace["request"]["path"] == "/v1/traces/ingest"
    assert trace["end"] == "refused"


async def test_a_blocked_answer_prints_why(program: Program, model_server: ModelServer) -> None:
    model_server.play("gpt-5", Say(lookalikes.private_key()))
    printed = await program.prints("Give me the key.")
    assert printed.startswith("Blocked by policy") and "deny-keys-from-the-model" in printed
    assert re.search(r" ref=\S+$", printed)
