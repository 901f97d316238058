"""Calls that wait for an approver: answered in time, repeated after approval, or denied."""

import asyncio
import re
import time

import pytest
from gateway import Gateway, rules_of
from model_server import Call, Heard, Say
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio


def delete(number: int) -> Call:
    return Call("delete_customer", {"id": number})


async def test_a_call_approved_in_time_runs_once(worker: Worker, upstream: ToolServer) -> None:
    async with worker.tools() as tools:
        running = asyncio.create_task(
            worker.run("Delete customer 6.", delete(6), Say("Gone."), tools=tools)
        )
        approved = await asyncio.to_thread(worker.gateway.approve, worker.subject)
        # Not before the decision; what runs now is the held call itself, the client sent no other.
        run = await running
    assert run.said == "Gone."
    assert run.read == ["customer 6 deleted"]
    assert upstream.database.customer(6) is None
    assert upstream.calls() == [("delete_customer", {"id": 6})]
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert rules_of(record) == ["hold-destructive-tools"]
    assert record["verdict"]["effect"] == "hold"
    assert record["hold"]["hold"] == approved["id"]
    assert record["hold"]["status"] == "approved"
    assert record["hold"]["approver"] == approved["decision"]["approver"]
    assert record["end"] == "complete"


async def test_nothing_runs_before_the_approval(worker: Worker, upstream: ToolServer) -> None:
    async with worker.tools() as tools:
        running = asyncio.create_task(
            worker.run("Delete customer 7.", delete(7), Say("Gone."), tools=tools)
        )
        await asyncio.to_thread(worker.gateway.hold, worker.subject)
        assert upstream.calls() == []
        assert upstream.database.customer(7) is not None
        await asyncio.to_thread(worker.gateway.approve, worker.subject)
        await running
    assert upstream.calls() == [("delete_customer", {"id": 7})]


@pytest.mark.parametrize("wait", [None, 0], ids=["by-default", "at-once"])
async def test_a_pending_call_is_repeated_after_approval_and_passes_once(
    worker: Worker, upstream: ToolServer, wait: int | None
) -> None:
    number = 8 if wait is None else 9

    def after_approval(heard: Heard) -> Call:
        assert_pending(worker.gateway, heard.tool_outputs[-1])
        assert upstream.calls() == []
        worker.gateway.approve(worker.subject)
        return delete(number)

    turns = [delete(number), off_the_loop(after_approval), delete(number), Say("Gone.")]
    async with worker.tools(wait=wait) as tools:
        begun = time.monotonic()
        run = await worker.run(f"Delete customer {number}.", *turns, tools=tools)
        # The client's own limit for a call is five seconds; it was never reached.
        assert time.monotonic() - begun > (8 if wait is None else 0)
    assert run.said == "Gone."
    # The approval was for one call: the third asks again.
    assert run.read[1] == f"customer {number} deleted"
    assert_pending(worker.gateway, run.read[2])
    assert upstream.calls() == [("delete_customer", {"id": number})]
    first, second, third = worker.gateway.tool_records(worker.subject, 3)
    reasons = [one["verdict"]["reason"] for one in (first, second, third)]
    assert reasons == ["pending", None, "pending"]
    assert first["hold"]["hold"] == second["hold"]["hold"] != third["hold"]["hold"]
    assert (first["end"], second["end"]) == ("refused", "complete")


async def test_the_model_reads_the_approvers_reason_for_denying(
    worker: Worker, upstream: ToolServer
) -> None:
    async with worker.tools() as tools:
        turns = [delete(10), Say("Then not.")]
        running = asyncio.create_task(worker.run("Delete customer 10.", *turns, tools=tools))
        reason = "this customer is under a legal hold"
        await asyncio.to_thread(worker.gateway.deny, worker.subject, reason)
        run = await running
    assert run.said == "Then not."
    text = run.read[0]
    assert text.startswith("Denied by an approver: this customer is under a legal hold.")
    assert "Do not retry." in text
    assert upstream.calls() == []
    assert upstream.database.customer(10) is not None
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert record["verdict"]["reason"] == "hold_denied"
    assert record["hold"]["status"] == "denied"


async def test_a_call_denied_while_it_was_pending_is_refused_when_repeated(
    worker: Worker, upstream: ToolServer
) -> None:
    def after_denial(heard: Heard) -> Call:
        assert_pending(worker.gateway, heard.tool_outputs[-1])
        worker.gateway.deny(worker.subject, "not today")
        return delete(10)

    async with worker.tools(wait=0) as tools:
        turns = [delete(10), off_the_loop(after_denial), Say("Then not.")]
        run = await worker.run("Delete customer 10.", *turns, tools=tools)
    assert "not today." in run.read[1]
    assert upstream.calls() == []


async def test_an_approval_is_for_these_arguments_only(
    worker: Worker, upstream: ToolServer
) -> None:
    def another(heard: Heard) -> Call:
        worker.gateway.approve(worker.subject)
        return delete(12)

    async with worker.tools(wait=0) as tools:
        turns = [delete(11), off_the_loop(another), Say("Hm.")]
        run = await worker.run("Delete customer 11.", *turns, tools=tools)
    assert_pending(worker.gateway, run.read[1])
    assert upstream.calls() == []


async def test_an_approval_is_for_this_principal_only(
    worker: Worker, upstream: ToolServer
) -> None:
    async with worker.tools(wait=0) as tools:
        pending = await tools.call_tool("delete_customer", {"id": 12})
        assert_pending(worker.gateway, pending.content[0].text)
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    worker.token = worker.gateway.token(f"{worker.subject}-other")
    async with worker.tools(wait=0) as tools:
        other = await tools.call_tool("delete_customer", {"id": 12})
        assert_pending(worker.gateway, other.content[0].text)
    assert upstream.calls() == []


async def test_one_approval_runs_one_of_two_identical_calls(
    worker: Worker, upstream: ToolServer
) -> None:
    async with worker.tools() as one, worker.tools() as other:
        calls = [tools.call_tool("delete_customer", {"id": 11}) for tools in (one, other)]
        both = asyncio.gather(*calls)
        await asyncio.to_thread(worker.gateway.approve, worker.subject)
        texts = [result.content[0].text for result in await both]
    texts.remove("customer 11 deleted")
    # The other one waited on the same hold, or came when that was over and waited on the next.
    assert re.match("(Another try of the call used the approval|Approval pending)", texts[0])
    assert upstream.calls() == [("delete_customer", {"id": 11})]


def off_the_loop(turn):  # type: ignore[no-untyped-def]
    """A turn that calls the command line, in a thread: the model's server has others to serve."""

    async def taken(heard: Heard) -> Call:
        return await asyncio.to_thread(turn, heard)

    return taken


def assert_pending(gateway: Gateway, text: str) -> None:
    """What a model needs to know of a pending call: what to say to people, why, and what to do."""
    start = r"Approval pending, ref=(\S+), url=(\S+)\. "
    start += r"Its status is at /\.well-known/gatehouse/holds/\S+\. "
    why = r"This tool deletes something, so a person has to approve it\. "
    end = "Call this tool again with the same arguments after approval"
    found = re.match(start + why + end, text)
    assert found, text
    assert found[2].startswith(f"{gateway.console}/holds/")
