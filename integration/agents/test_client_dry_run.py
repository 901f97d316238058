"""The dry run of gatehouse-agents is the very call: rules know the same of both."""

import asyncio
import pathlib

import pytest
from agents import Runner
from gatehouse_agents import DryRunError
from guide_program import shown
from model_server import Call, ModelServer, Say
from test_client import QUERY, agent, client, pending
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

ASK = Call("query_db", {"sql": QUERY})


async def test_what_the_client_says_of_itself_interrupts_the_run(
    worker: Worker, model_server: ModelServer, upstream: ToolServer
) -> None:
    gateway = client(worker)
    heard = model_server.play(worker.subject, ASK, Say("Number 3 it is."))
    async with agent(worker, gateway, interrupt=True) as who:
        result = await Runner.run(who, "Who is customer 3?")
        assert [call.name for call in result.interruptions] == ["query_db"]
        assert (upstream.calls(), pending(worker)) == ([], [])
        state = result.to_state()
        state.approve(result.interruptions[0])
        running = asyncio.create_task(Runner.run(who, state))
        await asyncio.to_thread(worker.gateway.approve, worker.subject)
        assert (await running).final_output == "Number 3 it is."
    assert "Carla Montt" in heard[-1].tool_outputs[0]
    dry, real = worker.gateway.tool_records(worker.subject, 2)
    assert (dry["dry_run"], "dry_run" in real) == (True, False)
    assert dry["request"]["mcp"] == real["request"]["mcp"]
    assert dry["session"] == real["session"]


async def test_what_the_session_says_decides_a_dry_run_too(
    worker: Worker, old_upstream: ToolServer
) -> None:
    async with client(worker).tools("/old/mcp") as tools:
        assert tools.session_id
        decision = await tools.dry_run(ASK.tool, ASK.arguments)
    assert (decision.decision, decision.reason) == ("hold", "pending")
    assert (old_upstream.calls(), pending(worker)) == ([], [])


async def test_before_anything_is_agreed_on_there_is_no_dry_run(worker: Worker) -> None:
    with pytest.raises(DryRunError, match="connect to the tools first"):
        await client(worker).tools().dry_run(ASK.tool, ASK.arguments)


async def test_what_the_client_says_interrupts_the_program_of_the_guide_for_javascript(
    worker: Worker, model_server: ModelServer, upstream: ToolServer, tmp_path: pathlib.Path
) -> None:
    program = shown("dry-run.md", "js", worker, tmp_path)
    heard = model_server.play("gpt-5", ASK, Say("Number 3 it is."))
    running = asyncio.create_task(program.prints("Who is customer 3?"))
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    asked, said = (await running).splitlines()
    assert asked.startswith("query_db {") and asked.endswith("} waits for an approver")
    assert said == "Number 3 it is."
    assert "Carla Montt" in heard[-1].tool_outputs[0]
    dry, real = worker.gateway.tool_records(worker.subject, 2)
    assert (dry["dry_run"], "dry_run" in real) == (True, False)
    assert dry["request"]["mcp"] == real["request"]["mcp"]
    assert len(upstream.calls()) == 1


@pytest.mark.parametrize(
    ("path", "headers", "reason"),
    [
        ("/old/mcp", {"content-encoding": "gzip"}, r"415 \(body_encoded\)"),
        ("/token", {}, r"404 \(authorization_server\)"),
    ],
)
async def test_what_is_refused_by_its_head_is_no_dry_run(
    worker: Worker, path: str, headers: dict[str, str], reason: str
) -> None:
    with pytest.raises(DryRunError, match=reason):
        await client(worker).dry_run("POST", path, {}, headers)


async def test_what_cannot_be_read_is_told_by_a_dry_run(worker: Worker) -> None:
    message = [{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]
    decision = await client(worker).dry_run("POST", "/old/mcp", message)
    assert (decision.decision, decision.reason) == ("deny", "body_unreadable")
