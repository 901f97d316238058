"""Calls of tools that a model proposes are judged before the agent gets them."""

from collections.abc import Callable

import pytest
from agents import FunctionTool, function_tool
from agents.exceptions import ModelRefusalError
from gateway import rules_of
from model_server import Call, Say
from openai import APIError
from worker import Worker

pytestmark = pytest.mark.anyio

both_apis = pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])
streamed_or_not = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])


@pytest.fixture
def called() -> list[str]:
    return []


@pytest.fixture
def tools(called: list[str]) -> list[FunctionTool]:
    def tool(name: str) -> Callable[[str], str]:
        def run(what: str) -> str:
            called.append(f"{name} {what}")
            return "done"

        return run

    names = ["wipe_disk", "read_disk", "query"]
    return [
        function_tool(tool(name), name_override=name, description_override="A tool.")
        for name in names
    ]


@streamed_or_not
@both_apis
async def test_a_denied_proposal_does_not_reach_the_agent(
    worker: Worker, tools: list[FunctionTool], called: list[str], chat: bool, streamed: bool
) -> None:
    turns = [Call("wipe_disk", {"what": "/dev/sda"}, piece=5), Say("Never said.")]
    with pytest.raises((ModelRefusalError, APIError)) as raised:
        await worker.run("Wipe.", *turns, functions=tools, chat=chat, streamed=streamed)
    said = getattr(raised.value, "refusal", None) or str(raised.value)
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
    said = getattr(raised.value, "refusal", None) or str(raised.value)
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
