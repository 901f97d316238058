"""A run sees the tools it may call, and goes on where it may see none."""

import pytest
from javascript_sdk import JavaScript
from model_server import Call, Heard, Say
from order import Order
from python_sdk import Python
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

ERAS = pytest.mark.parametrize("path", ["/mcp", "/old/mcp"], ids=["modern", "old"])


def offered(heard: Heard) -> list[str]:
    """The tools that the model is told of."""
    return [tool["name"] for tool in heard.body.get("tools") or []]


@ERAS
async def test_readers_see_only_their_tools(
    worker: Worker, upstream: ToolServer, old_upstream: ToolServer, path: str
) -> None:
    async with worker.tools(path) as tools:
        turns = [Call("read_customer", {"id": 2}), Say("Read.")]
        run = await worker.run("Read customer 2.", *turns, tools=tools)
        assert run.said == "Read."
        assert "Ben Osei" in run.read[0]
        readers = ("read_customer", "read_contact", "read_identity")
        assert {tuple(offered(heard)) for heard in run.heard} == {readers}
        # Who calls it all the same is told why it may not.
        told = await tools.call_tool("query_db", {"sql": "SELECT 1"})
        assert told.is_error
        assert told.content[0].text.startswith("Blocked by policy no-sql-for-readers")
    server = upstream if path == "/mcp" else old_upstream
    assert [name for name, _ in server.calls()] == ["read_customer"]
    listed = worker.gateway.record(worker.subject, asks("tools/list"))
    assert listed["response"]["hidden"] == 2


async def test_readers_models_that_call_what_was_cut_out_end_the_run(
    worker: Worker, sdk: Python | JavaScript, upstream: ToolServer
) -> None:
    run = await sdk.run(worker, Order(path="/mcp"), Call("query_db", {"sql": "SELECT 1"}))
    assert run.problem and run.problem.name == "ModelBehaviorError"
    assert run.problem.message.startswith(f"Tool query_db not found in agent {worker.subject}")
    assert upstream.calls() == []


@ERAS
async def test_no_lists_is_no_end_of_a_run(
    worker: Worker, upstream: ToolServer, old_upstream: ToolServer, path: str
) -> None:
    async with worker.tools(path) as tools:
        run = await worker.run("Are you there?", Say("Without tools."), tools=tools)
        assert run.said == "Without tools."
        assert offered(run.heard[0]) == []
        # The rule is about the list alone.
        result = await tools.call_tool("read_customer", {"id": 2})
        assert not result.is_error
    server = upstream if path == "/mcp" else old_upstream
    assert server.messages("tools/list") == []
    listed = worker.gateway.record(worker.subject, asks("tools/list"))
    assert (listed["verdict"]["effect"], listed["verdict"]["reason"]) == ("deny", "denied")


def asks(method: str):
    return lambda record: (record["request"]["mcp"] or {}).get("method") == method
