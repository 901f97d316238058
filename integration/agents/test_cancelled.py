"""A caller that gave up: the call it left behind never runs."""

import asyncio
import subprocess
import time
from typing import Any

import pytest
from gateway import Gateway
from model_server import Call, Say
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

GENERIC = "An error occurred while running the tool. Please try again."
PATIENT = 20
SHORTLY = 10.0


async def test_after_the_clients_timeout_the_held_call_is_gone(
    worker: Worker, upstream: ToolServer
) -> None:
    """Since 2026-07-28 a client gives a call up by closing its connection."""
    held = await given_up(worker, upstream, "/mcp")
    assert held["end"] == "aborted"
    assert held["response"]["status"] == 0


async def test_after_the_clients_notification_the_held_call_is_gone(
    worker: Worker, old_upstream: ToolServer
) -> None:
    """Before, it sends `notifications/cancelled`, and the connection stays."""
    held = await given_up(worker, old_upstream, "/old/mcp")
    # The caller hears of it, though it does not listen any more.
    assert (held["end"], held["verdict"]["reason"]) == ("refused", "hold_expired")
    [notification] = old_upstream.messages("notifications/cancelled")
    assert notification.headers["mcp-session-id"]


async def given_up(worker: Worker, server: ToolServer, path: str) -> dict[str, Any]:
    """The record of the call that was held when its caller gave up."""
    # The header promises more patience than the client has.
    async with worker.tools(path, wait=PATIENT) as tools:
        begun = time.monotonic()
        turns = [Call("delete_customer", {"id": 2}), Say("It did not work.")]
        run = await worker.run("Delete customer 2.", *turns, tools=tools)
        assert 5 <= time.monotonic() - begun < PATIENT
        assert run.read[0].startswith(GENERIC)
        hold = await asyncio.to_thread(worker.gateway.hold, worker.subject, "cancelled", SHORTLY)
        with pytest.raises(AssertionError, match="cancelled"):
            await asyncio.to_thread(worker.gateway.cli, "approvals", "approve", hold["id"])
        # Whatever was on its way has arrived when this has.
        await tools.call_tool("query_db", {"sql": "SELECT 1"})
    assert [tool for tool, _ in server.calls()] == ["query_db"]
    assert server.database.customer(2) is not None
    held, _ = worker.gateway.tool_records(worker.subject, 2)
    assert held["hold"]["hold"] == hold["id"]
    return held


async def test_a_call_the_client_repeats_by_itself_runs_once(
    worker: Worker, upstream: ToolServer
) -> None:
    # The client gives up after five seconds and tries again, for as long as it takes.
    options = {"max_retry_attempts": -1, "retry_backoff_seconds_base": 0.05}
    async with worker.tools(wait=PATIENT, **options) as tools:
        calling = asyncio.create_task(tools.call_tool("delete_customer", {"id": 12}))
        # The first try is over; the hold may or may not have outlived it.
        [gone] = await asyncio.to_thread(worker.gateway.tool_records, worker.subject, 1)
        assert gone["end"] == "aborted"
        await asyncio.to_thread(approve_the_open_one, worker.gateway, worker.subject)
        result = await calling
    assert result.content[0].text == "customer 12 deleted"
    assert upstream.calls() == [("delete_customer", {"id": 12})]


def approve_the_open_one(gateway: Gateway, subject: str) -> None:
    """Again if the try that asked for it gave up in between."""
    while True:
        try:
            gateway.approve(subject)
            return
        except (AssertionError, subprocess.TimeoutExpired) as problem:
            if "cancelled" not in str(problem):
                raise
