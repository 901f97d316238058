"""Refusals over MCP that are no results of tools but errors, which clients raise."""

import pytest
from eras import Era
from gateway import Gateway
from javascript_sdk import JavaScript
from mcp.shared.exceptions import MCPError
from model_server import Call, Say
from order import Order
from python_sdk import Python
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

Sdk = Python | JavaScript
QUERY = Call("query_db", {"sql": "SELECT name FROM customers WHERE id = 2"})


async def test_without_the_scope_the_model_reads_no_reason(
    worker: Worker, sdk: Sdk, era: Era
) -> None:
    run = await sdk.run(worker, Order(path=era.path), QUERY, Say("It did not work."))
    assert (run.problem, run.said) == (None, "It did not work.")
    # A client of OAuth would ask for a token with more, and needs the 403 for it.
    assert run.read == ["An error occurred while running the tool. Please try again."]
    assert era.server.calls() == []
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert record["verdict"]["reason"] == "insufficient_scope"


async def test_a_session_of_another_ends_the_run(
    worker: Worker, sdk: Sdk, gateway: Gateway, old_upstream: ToolServer
) -> None:
    later = gateway.token(f"{worker.subject}-later")
    order = Order(path="/old/mcp", later_token=later)
    run = await sdk.run(worker, order, QUERY, Say("Never said."))
    assert run.problem and run.said is None
    assert "not given to this caller. Begin a new one. ref=" in run.problem.message
    assert old_upstream.calls() == []


async def test_no_server_is_begun_with_where_that_is_denied(
    worker: Worker, sdk: Sdk, era: Era
) -> None:
    run = await sdk.run(worker, Order(path=era.path), QUERY, Say("Never said."))
    assert run.problem and run.said is None
    if isinstance(sdk, Python):
        assert "This agent works without tools. " in run.problem.message
    else:
        assert run.problem.message.endswith("the server denied access (HTTP 403)")
    assert (run.heard, era.server.log.requests) == ([], [])


async def test_a_method_that_is_denied_raises_with_the_reason(worker: Worker, era: Era) -> None:
    async with worker.tools(era.path) as tools:
        with pytest.raises(MCPError, match="Write your own prompts. .*ref="):
            await tools.get_prompt("greeting")
    assert era.server.messages("prompts/get") == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/old/mcp", "over 1048576 bytes; send less"),
        ("/mcp", "^Server returned an error response$"),
    ],
    ids=["of-a-known-kind", "of-any-kind"],
)
async def test_a_call_that_is_too_large_raises(
    worker: Worker, upstream: ToolServer, old_upstream: ToolServer, path: str, text: str
) -> None:
    """Only where the route says that it speaks MCP the error is one of MCP, and tells the reason."""
    async with worker.tools(path) as tools:
        with pytest.raises(MCPError, match=text):
            await tools.call_tool("query_db", {"sql": "SELECT 1 -- " + "a" * 1024 * 1024})
    assert upstream.calls() + old_upstream.calls() == []
