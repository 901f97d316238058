"""The package of clients/python, with the real SDK."""

import asyncio
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
from agents import (
    Agent,
    OpenAIResponsesModel,
    Runner,
    RunState,
    flush_traces,
    set_trace_processors,
    set_tracing_disabled,
)
from gatehouse_agents import DryRunError, Gateway, Tools
from gateway import ROOT
from model_server import Call, ModelServer, Say
from tool_server import ToolServer
from waiting import soon
from worker import Worker

pytestmark = pytest.mark.anyio

QUERY = "SELECT id, name, city FROM customers WHERE id = 3"
README = ROOT / "clients" / "python" / "README.md"


def client(worker: Worker, **options: Any) -> Gateway:
    return Gateway(worker.gateway.url, options.pop("token", worker.token), **options)


@contextlib.asynccontextmanager
async def agent(worker: Worker, gateway: Gateway, **tools: Any) -> AsyncIterator[Agent[Any]]:
    """An agent with this tool server; its connections do not outlive the test's event loop."""
    async with gateway.openai() as openai, gateway.tools(**tools) as server:
        model = OpenAIResponsesModel(worker.subject, openai)
        yield Agent(worker.subject, model=model, mcp_servers=[server])


@pytest.fixture
def customer(upstream: ToolServer) -> Iterator[int]:
    """One that no other test knows."""
    columns = "name, email, city, ssn, card, balance_cents"
    copy = f"INSERT INTO customers ({columns}) SELECT {columns} FROM customers WHERE id = 3"
    [row] = upstream.database.run(f"{copy} RETURNING id")
    yield row["id"]
    upstream.database.delete_customer(row["id"])


def test_seconds_are_said_as_the_gateway_reads_them() -> None:
    def said(seconds: float) -> str:
        return Gateway("http://127.0.0.1:1", "t", wait_seconds=seconds).headers()["x-gatehouse-wait"]

    assert [said(seconds) for seconds in (30, 30.0, 0.25, 0)] == ["30", "30", "1", "0"]
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="wait_seconds"):
            said(wrong)


def gateway_tools(who: Agent[Any]) -> Tools:
    [tools] = who.mcp_servers
    assert isinstance(tools, Tools)
    return tools


def delete(number: int) -> Call:
    return Call("delete_customer", {"id": number})


def pending(worker: Worker) -> list[dict[str, Any]]:
    holds = worker.gateway.json("approvals", "list")["holds"]
    return [one for one in holds if one["principal"]["subject"] == worker.subject]


async def test_a_held_call_interrupts_the_run_and_is_approved_by_both(
    worker: Worker, model_server: ModelServer, upstream: ToolServer, customer: int
) -> None:
    gateway = client(worker, wait_seconds=60)
    heard = model_server.play(worker.subject, delete(customer), Say("Gone."))
    async with agent(worker, gateway, interrupt=True) as who:
        result = await Runner.run(who, "Delete the customer.")
        [call] = result.interruptions
        assert (call.name, call.arguments) == ("delete_customer", f'{{"id": {customer}}}')
        # The gateway was asked, and nobody waits for anything.
        assert upstream.calls() == []
        assert pending(worker) == []
        stored = result.to_state().to_string()
    # Days later, in another process.
    async with agent(worker, gateway, interrupt=True) as who:
        state = await RunState.from_string(who, stored)
        state.approve(state.get_interruptions()[0])
        running = asyncio.create_task(Runner.run(who, state))
        # That the call is still wanted is no approval: the gateway holds it for its own approver.
        await asyncio.to_thread(worker.gateway.hold, worker.subject)
        assert upstream.calls() == []
        await asyncio.to_thread(worker.gateway.approve, worker.subject)
        result = await running
    assert result.final_output == "Gone."
    assert upstream.calls() == [("delete_customer", {"id": customer})]
    assert [one.tool_outputs for one in heard] == [[], [f"customer {customer} deleted"]]
    dry, real = worker.gateway.tool_records(worker.subject, 2)
    assert (dry.get("dry_run"), dry["hold"], dry["verdict"]["effect"]) == (True, None, "hold")
    assert ("dry_run" in real, real["hold"]["status"]) == (False, "approved")


async def test_who_rejects_an_interruption_asks_no_approver(
    worker: Worker, model_server: ModelServer, upstream: ToolServer, customer: int
) -> None:
    gateway = client(worker)
    heard = model_server.play(worker.subject, delete(customer), Say("Then not."))
    async with agent(worker, gateway, interrupt=True) as who:
        result = await Runner.run(who, "Delete the customer.")
        state = result.to_state()
        state.reject(result.interruptions[0])
        result = await Runner.run(who, state)
    assert result.final_output == "Then not."
    assert heard[-1].tool_outputs == ["Tool execution was not approved."]
    assert (upstream.calls(), pending(worker)) == ([], [])


async def test_only_what_would_be_held_interrupts(
    worker: Worker, model_server: ModelServer, upstream: ToolServer
) -> None:
    gateway = client(worker)
    drop = {"sql": "DROP DATABASE customers"}
    turns = [Call("query_db", {"sql": QUERY}), Call("query_db", drop), Say("Number 3 it is.")]
    heard = model_server.play(worker.subject, *turns)
    async with agent(worker, gateway, interrupt=True) as who:
        result = await Runner.run(who, "Who is customer 3?")
        decision = await gateway_tools(who).dry_run("query_db", drop)
    assert result.final_output == "Number 3 it is."
    # The denied call is made, so that the model reads why.
    assert "Carla Montt" in heard[-1].tool_outputs[0]
    assert heard[-1].tool_outputs[1].startswith("Blocked by policy")
    assert upstream.calls() == [("query_db", {"sql": QUERY})]
    assert (decision.decision, decision.reason) == ("deny", "denied")
    assert decision.message and decision.message.startswith("Blocked by policy")


async def test_a_call_waits_longer_than_the_sdk_does_by_itself(
    worker: Worker, model_server: ModelServer, upstream: ToolServer, customer: int
) -> None:
    gateway = client(worker, wait_seconds=60)
    model_server.play(worker.subject, delete(customer), Say("Gone."))
    async with agent(worker, gateway) as who:
        running = asyncio.create_task(Runner.run(who, "Delete the customer."))
        await asyncio.to_thread(worker.gateway.hold, worker.subject)
        begun = time.monotonic()
        # The SDK's own limit is five seconds, the gateway's default four.
        await soon("six seconds to pass", lambda: time.monotonic() - begun > 6)
        assert not running.done()
        await asyncio.to_thread(worker.gateway.approve, worker.subject)
        assert (await running).final_output == "Gone."
    assert upstream.calls() == [("delete_customer", {"id": customer})]


async def test_a_run_is_one_session_with_a_new_token_for_each_request(
    worker: Worker, model_server: ModelServer, upstream: ToolServer
) -> None:
    given: list[str] = []

    async def token() -> str:
        given.append(await asyncio.to_thread(worker.gateway.token, worker.subject))
        return given[-1]

    gateway = client(worker, token=token, run=f"run-of-{worker.subject}")
    model_server.play(worker.subject, Call("query_db", {"sql": QUERY}), Say("Number 3 it is."))
    async with agent(worker, gateway) as who:
        await Runner.run(who, "Who is customer 3?")
        async with gateway.http() as http:
            await http.get("/mcp")

    def all_recorded() -> list[dict[str, Any]] | None:
        records = worker.gateway.records(worker.subject)
        return records if len(records) >= len(given) else None

    records = await soon("a record for each token", all_recorded)
    assert len(set(given)) == len(given) == len(records) > 4
    assert {one["kind"] for one in records} >= {"openai", "mcp"}
    assert {one["claims"]["run"] for one in records} == {gateway.run}
    [session] = {(one["session"]["id"], one["session"]["joined_by"]) for one in records}
    assert session[1] == "run"
    # Each message said so itself, and no server heard it.
    [call] = upstream.messages("tools/call")
    assert "gatehouse/" not in call.body
    assert not any(name.startswith("x-gatehouse") for name in call.headers)
    shown = worker.gateway.json("sessions", "show", session[0])["exchanges"]
    assert len(shown) == len(records)


async def test_a_token_that_just_expired_is_asked_for_once_more(worker: Worker) -> None:
    tokens: Iterator[str] = iter(["no.such.token", worker.token, "no.such.token", "no.such.token"])
    gateway = client(worker, token=lambda: next(tokens))
    decision = await gateway.dry_run("GET", "/mcp")
    assert decision.decision == "allow"
    with pytest.raises(DryRunError, match="401"):
        await gateway.dry_run("GET", "/mcp")


async def test_without_dry_runs_the_call_waits_as_it_would(
    worker: Worker, model_server: ModelServer, upstream: ToolServer, customer: int
) -> None:
    gateway = client(worker, wait_seconds=60)
    model_server.play(worker.subject, delete(customer), Say("Gone."))
    async with agent(worker, gateway, interrupt=True) as who:
        url = f"{gateway.url}/mcp"
        headers = {"x-gatehouse-dry-run": "true", "authorization": f"Bearer {worker.token}"}

        def used_up() -> bool:
            answer = httpx2.get(url, headers=headers)
            # With time left in this minute for what follows.
            return answer.status_code == 429 and int(answer.headers["retry-after"]) > 20

        await soon("the dry runs to be used up", used_up, 90)
        with pytest.raises(DryRunError, match=r"429 \(dry_run_limit\)"):
            await gateway_tools(who).dry_run("delete_customer", {"id": customer})
        running = asyncio.create_task(Runner.run(who, "Delete the customer."))
        await asyncio.to_thread(worker.gateway.approve, worker.subject)
        assert (await running).final_output == "Gone."
    assert upstream.calls() == [("delete_customer", {"id": customer})]


async def test_traces_are_masked_on_their_way(
    worker: Worker, model_server: ModelServer, upstream: ToolServer
) -> None:
    gateway = client(worker)
    ssn = upstream.database.customer(3)["ssn"]
    asked = len(model_server.log.requests)
    turns = [Call("read_customer", {"id": 3}), Say("Read.")]
    model_server.play(worker.subject, *turns)
    set_tracing_disabled(False)
    gateway.route_traces()
    try:
        async with agent(worker, gateway) as who:
            await Runner.run(who, f"The number of customer 3 is {ssn}. Read the rest.")
        await asyncio.to_thread(flush_traces)
    finally:
        set_trace_processors([])
        set_tracing_disabled(True)
    mine = model_server.log.requests[asked:]
    traces = [one for one in mine if one.path == "/v1/traces/ingest"]
    assert traces
    for one in traces:
        assert one.headers["authorization"] == f"Bearer {model_server.key}"
        assert ssn not in one.body
    assert any("read_customer" in one.body for one in traces)


def test_the_example_runs_as_it_stands(
    worker: Worker,
    model_server: ModelServer,
    upstream: ToolServer,
    customer: int,
    tmp_path: pathlib.Path,
) -> None:
    [example] = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    model_server.traces.clear()
    model_server.play("gpt-5", delete(customer), Say("The customer is gone."))
    script, token = tmp_path / "example.py", tmp_path / "token"
    script.write_text(example)
    token.write_text(worker.token)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"},
        "GATEHOUSE_URL": worker.gateway.url,
        "AGENT_TOKEN_FILE": str(token),
    }
    command = [sys.executable, str(script)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=environment, stdout=pipe, stderr=pipe, text=True) as running:
        try:
            worker.gateway.approve(worker.subject)
            said, complained = running.communicate(timeout=60)
        finally:
            running.kill()
    assert (running.returncode, complained) == (0, "")
    assert said.splitlines() == [
        f'delete_customer {{"id": {customer}}} waits for an approver',
        "The customer is gone.",
    ]
    assert upstream.calls() == [("delete_customer", {"id": customer})]
    items = [item for heard in model_server.traces for item in heard.body["data"]]
    called = [(item.get("span_data") or {}).get("name") for item in items]
    assert "delete_customer" in called
