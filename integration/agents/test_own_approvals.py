"""The SDKs' own approvals: the program is asked before a call, and the gateway decides after it."""

import pytest
from javascript_sdk import JavaScript
from model_server import Call, Say
from order import Order
from python_sdk import Python
from test_held import assert_pending
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

Sdk = Python | JavaScript

TURNS = [Call("delete_customer", {"id": 9}), Say("Done.")]


async def test_a_call_the_program_agrees_to_is_still_held(
    worker: Worker, sdk: Sdk, upstream: ToolServer
) -> None:
    run = await sdk.run(worker, Order(api=True, wait=0, agree=True), *TURNS)
    assert (run.problem, run.said, run.asked) == (None, "Done.", ["delete_customer"])
    [answer] = run.answers
    assert answer.headers["x-gatehouse-reason"] == "pending"
    assert upstream.log.requests == []


async def test_a_call_the_program_rejects_never_comes_to_the_gateway(
    worker: Worker, sdk: Sdk, upstream: ToolServer
) -> None:
    run = await sdk.run(worker, Order(api=True, wait=0, agree=False), *TURNS)
    assert (run.problem, run.said, run.asked) == (None, "Done.", ["delete_customer"])
    assert run.read == ["Tool execution was not approved."]
    assert run.answers == []
    worker.model_records(2)
    assert {record["kind"] for record in worker.gateway.records(worker.subject)} == {"openai"}


@pytest.mark.parametrize("agree", [True, False], ids=["agreed", "rejected"])
async def test_python_asks_before_a_call_over_mcp_too(
    worker: Worker, upstream: ToolServer, agree: bool
) -> None:
    run = await Python().run(worker, Order(path="/mcp", wait=0, agree=agree), *TURNS)
    assert (run.problem, run.said, run.asked) == (None, "Done.", ["delete_customer"])
    worker.model_records(2)
    if agree:
        worker.gateway.tool_records(worker.subject, 1)
        assert_pending(worker.gateway, run.read[0])
    else:
        assert run.read == ["Tool execution was not approved."]
        asked = [record["request"]["mcp"] for record in worker.gateway.records(worker.subject)]
        assert not any(mcp and mcp["method"] == "tools/call" for mcp in asked)
    assert upstream.calls() == []
