"""Calls of tools that a model proposes are judged before the agent gets them."""

import asyncio
import re

import pytest
from agents import FunctionTool
from agents.exceptions import ModelRefusalError
from gateway import rules_of
from javascript_sdk import JavaScript
from local_tools import local_tools
from model_server import Call, Say
from openai import APIError
from order import Order
from worker import Worker

pytestmark = pytest.mark.anyio

both_apis = pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])
streamed_or_not = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@pytest.fixture
def called() -> list[str]:
    return []


@pytest.fixture
def tools(called: list[str]) -> list[FunctionTool]:
    return local_tools(called, ["wipe_disk", "read_disk", "query", "pay"])


def told(error: Exception) -> str:
    """A whole answer is refused in the model's name, a stream ends with an error."""
    return getattr(error, "refusal", None) or str(error)


@streamed_or_not
@both_apis
async def test_a_denied_proposal_does_not_reach_the_agent(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool, streamed: bool
) -> None:
    turns = [Call("wipe_disk", {"what": "/dev/sda"}, piece=5), Say("Never said.")]
    with pytest.raises((ModelRefusalError, APIError)) as raised:
        await worker.run("Wipe.", *turns, functions=tools, chat=chat, streamed=streamed)
    said = told(raised.value)
    assert "`no-wiping` denies the call of `wipe_disk` that the model proposes" in said
    assert "Disks are wiped by people." in said
    assert called == []
    [record] = worker.model_records(1)
    assert record["verdict"]["reason"] == "response_denied"
    assert rules_of(record) == ["no-wiping"]


@streamed_or_not
@both_apis
async def test_what_a_call_would_do_decides(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool, streamed: bool
) -> None:
    turns = [Call("query", {"what": "DROP DATABASE customers"}, piece=5), Say("Never said.")]
    with pytest.raises((ModelRefusalError, APIError)) as raised:
        await worker.run("Drop.", *turns, functions=tools, chat=chat, streamed=streamed)
    said = told(raised.value)
    assert "no-dropping-in-proposals" in said
    assert called == []


@streamed_or_not
@both_apis
async def test_other_proposals_are_made(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool, streamed: bool
) -> None:
    turns = [Call("read_disk", {"what": "wipe_disk"}, piece=5), Say("Read.")]
    run = await worker.run("Read.", *turns, functions=tools, chat=chat, streamed=streamed)
    assert (run.said, called) == ("Read.", ["read_disk wipe_disk"])


HELD = {"x-gatehouse-wait": "60"}
PAY = Call("pay", {"what": "100 to ben"}, piece=5)


@streamed_or_not
@both_apis
async def test_a_held_proposal_waits_for_its_approval(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool, streamed: bool
) -> None:
    way = {"functions": tools, "chat": chat, "streamed": streamed, "headers": HELD}
    running = asyncio.create_task(worker.run("Pay.", PAY, Say("Paid."), **way))
    hold = await asyncio.to_thread(worker.gateway.hold, worker.subject)
    assert (hold["action"], called) == ("pay", [])
    shown = await asyncio.to_thread(worker.gateway.cli, "approvals", "show", hold["id"])
    assert re.search(r"^answer to +POST", shown, re.M) and '"what": "100 to ben"' in shown
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    run = await running
    assert (run.said, called) == ("Paid.", ["pay 100 to ben"])
    first, second = worker.model_records(2)
    assert [one["status"] for one in first["response"]["holds"]] == ["approved"]
    assert (first["end"], rules_of(first)) == ("complete", ["ask-before-paying"])
    assert "holds" not in second["response"]


@streamed_or_not
@both_apis
async def test_a_proposal_that_is_denied_while_it_waits(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool, streamed: bool
) -> None:
    way = {"functions": tools, "chat": chat, "streamed": streamed, "headers": HELD}
    running = asyncio.create_task(worker.run("Pay.", PAY, Say("Never said."), **way))
    await asyncio.to_thread(worker.gateway.deny, worker.subject, "ben was paid already")
    with pytest.raises((ModelRefusalError, APIError)) as raised:
        await running
    said = told(raised.value)
    assert "Denied by an approver: ben was paid already." in said
    assert not streamed or raised.value.code == "gatehouse_hold_denied"
    assert called == []
    [record] = worker.model_records(1)
    assert (record["verdict"]["reason"], record["end"]) == ("hold_denied", "refused")


@both_apis
async def test_a_proposal_is_deferred_and_repeated(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool
) -> None:
    """The model is asked again, and proposes the same call: the approval waits for it, once."""
    way = {"functions": tools, "chat": chat, "headers": {"x-gatehouse-wait": "0"}}
    with pytest.raises(ModelRefusalError) as raised:
        await worker.run("Pay.", PAY, Say("Never said."), **way)
    assert raised.value.refusal.startswith("Approval pending")
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    run = await worker.run("Pay.", PAY, Say("Paid."), **way)
    assert (run.said, called) == ("Paid.", ["pay 100 to ben"])
    with pytest.raises(ModelRefusalError):
        await worker.run("Pay.", PAY, Say("Never said."), **way)
    assert called == ["pay 100 to ben"]


@both_apis
async def test_a_stream_ends_where_a_proposal_is_pending(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool
) -> None:
    way = {"functions": tools, "chat": chat, "headers": {"x-gatehouse-wait": "0"}}
    with pytest.raises(APIError) as raised:
        await worker.run("Pay.", PAY, Say("Never said."), streamed=True, **way)
    assert raised.value.code == "gatehouse_pending"
    assert (raised.value.message.startswith("Approval pending"), called) == (True, [])


@streamed_or_not
@both_apis
async def test_a_denied_proposal_does_not_reach_an_agent_in_javascript(
    worker: Worker, javascript: JavaScript, chat: bool, streamed: bool
) -> None:
    order = Order(local=True, chat=chat, streamed=streamed)
    turns = [Call("wipe_disk", {"what": "/dev/sda"}, piece=5), Say("Never said.")]
    run = await javascript.run(worker, order, *turns)
    assert run.problem and run.said is None
    said = run.problem.refusal or run.problem.message
    assert "`no-wiping` denies the call of `wipe_disk` that the model proposes" in said
    assert (run.called, len(run.heard)) == ([], 1)
    [record] = worker.model_records(1)
    assert rules_of(record) == ["no-wiping"]


@streamed_or_not
@both_apis
async def test_a_held_proposal_waits_for_its_approval_in_javascript(
    worker: Worker, javascript: JavaScript, chat: bool, streamed: bool
) -> None:
    order = Order(local=True, chat=chat, streamed=streamed, headers=HELD)
    running = asyncio.create_task(javascript.run(worker, order, PAY, Say("Paid.")))
    hold = await asyncio.to_thread(worker.gateway.hold, worker.subject)
    # The model has answered, and the agent has nothing of it yet.
    assert (hold["action"], len(worker.heard), running.done()) == ("pay", 1, False)
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    run = await running
    assert (run.problem, run.said, run.called) == (None, "Paid.", ["pay 100 to ben"])
    assert run.read == ["done"]
    first, _ = worker.model_records(2)
    assert [one["status"] for one in first["response"]["holds"]] == ["approved"]
