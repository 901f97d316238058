"""What the rules allow passes as if there were no gateway, with the credentials it guards."""

import pytest
from gateway import Gateway
from mcp.shared.exceptions import MCPError
from model_server import Call, ModelServer, Say
from openai import AuthenticationError
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

QUERY = "SELECT id, name, city FROM customers WHERE id = 3"


@pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])
async def test_an_allowed_call_is_answered(
    worker: Worker, upstream: ToolServer, chat: bool
) -> None:
    async with worker.tools() as tools:
        turns = [Call("query_db", {"sql": QUERY}), Say("Number 3 it is.")]
        run = await worker.run("Who is customer 3?", *turns, tools=tools, chat=chat)
    assert run.said == "Number 3 it is."
    assert "Carla Montt" in run.read[0]
    assert upstream.calls() == [("query_db", {"sql": QUERY})]
    [record] = worker.gateway.tool_records(worker.subject, 1)
    mcp = record["request"]["mcp"]
    assert (mcp["method"], mcp["tool"], mcp["client"]) == ("tools/call", "query_db", "mcp")
    assert record["verdict"]["effect"] == "allow"
    assert record["response"]["status"] == 200
    assert record["end"] == "complete"
    assert record["not_inspected"] == []


async def test_no_side_sees_the_other_sides_credential(
    worker: Worker, upstream: ToolServer, model_server: ModelServer
) -> None:
    asked = len(model_server.log.requests)
    async with worker.tools() as tools:
        await worker.run("Who?", Call("query_db", {"sql": QUERY}), Say("Done."), tools=tools)
    to_model = model_server.log.requests[asked:]
    assert len(to_model) == 2
    for request in to_model:
        assert request.headers["authorization"] == f"Bearer {model_server.key}"
    for request in to_model + upstream.log.requests:
        assert worker.token not in request.body + str(request.headers)
    for request in upstream.log.requests:
        assert "authorization" not in request.headers
        assert model_server.key not in request.body + str(request.headers)
    worker.gateway.tool_records(worker.subject, 1)
    written = (worker.gateway.data / "records" / "access.jsonl").read_text()
    assert model_server.key not in written
    assert worker.token not in written


async def test_the_stateless_era_is_spoken_through_the_gateway(
    worker: Worker, upstream: ToolServer
) -> None:
    async with worker.tools() as tools:
        await worker.run("Who?", Call("query_db", {"sql": QUERY}), Say("Done."), tools=tools)
    [call] = upstream.messages("tools/call")
    assert call.headers["mcp-protocol-version"] == "2026-07-28"
    assert call.headers["mcp-method"] == "tools/call"
    assert call.headers["mcp-name"] == "query_db"
    assert upstream.messages("initialize") == []


async def test_without_a_good_token_neither_model_nor_tools_are_reached(
    worker: Worker, upstream: ToolServer, model_server: ModelServer, gateway: Gateway
) -> None:
    asked = len(model_server.log.requests)
    worker.token = gateway.token(worker.subject, "--aud", "another-gateway")
    with pytest.raises(AuthenticationError):
        await worker.run("Who?", Say("Nobody."))
    refused = pytest.RaisesExc(MCPError, match="error response")
    with pytest.RaisesGroup(refused, flatten_subgroups=True):
        async with worker.tools():
            pass
    assert model_server.log.requests[asked:] == []
    assert upstream.log.requests == []

