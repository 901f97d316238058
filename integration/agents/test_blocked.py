"""A blocked call becomes a tool's result that the model reads and acts on."""

import re

import pytest
from gateway import rules_of
from model_server import Call, Heard, Say
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

DROPS = {
    "plain": "DROP DATABASE customers",
    "comment": "drop/* not really */database customers",
    "stacked": "SELECT 1; DROP DATABASE customers",
}


@pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])
@pytest.mark.parametrize("sql", DROPS.values(), ids=DROPS.keys())
async def test_the_model_reads_why_a_call_is_blocked(
    worker: Worker, upstream: ToolServer, sql: str, chat: bool
) -> None:
    async with worker.tools() as tools:
        turns = [Call("query_db", {"sql": sql}), Say("I am not allowed to.")]
        run = await worker.run("Drop it.", *turns, tools=tools, chat=chat)
    assert run.said == "I am not allowed to."
    text = run.read[0]
    assert text.startswith("Blocked by policy deny-destroying-sql: This SQL would destroy")
    assert "Do not retry." in text
    assert "DROP" not in text.upper().replace("DROPS", "")
    assert upstream.calls() == []
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert record["exchange"] == reference(text)
    assert (record["verdict"]["effect"], record["verdict"]["reason"]) == ("deny", "denied")
    assert "deny-destroying-sql" in rules_of(record)
    assert (record["end"], record["response"]["status"]) == ("refused", 0)


async def test_the_reference_in_the_text_leads_an_operator_to_the_record(
    worker: Worker, upstream: ToolServer
) -> None:
    async with worker.tools() as tools:
        turns = [Call("query_db", {"sql": DROPS["plain"]}), Say("No.")]
        run = await worker.run("Drop it.", *turns, tools=tools)
    explained = worker.gateway.explain(reference(run.read[0]))
    assert explained["record"]["principal"]["subject"] == worker.subject
    assert explained["record"]["request"]["mcp"]["tool"] == "query_db"


async def test_the_client_gets_a_result_and_no_error(worker: Worker, upstream: ToolServer) -> None:
    async with worker.tools() as tools:
        result = await tools.call_tool("query_db", {"sql": DROPS["plain"]})
    assert result.is_error
    assert result.meta["gatehouse/decision"] == "denied"
    assert result.meta["gatehouse/ref"] == reference(result.content[0].text)
    assert upstream.calls() == []


async def test_the_model_tries_something_else_after_reading_the_reason(
    worker: Worker, upstream: ToolServer
) -> None:
    def instead(heard: Heard) -> Call:
        assert "Narrow the statement" in heard.tool_outputs[-1]
        return Call("query_db", {"sql": "SELECT count(*) AS n FROM customers"})

    async with worker.tools() as tools:
        turns = [Call("query_db", {"sql": DROPS["plain"]}), instead, Say("Counted.")]
        run = await worker.run("Clean up.", *turns, tools=tools)
    assert run.said == "Counted."
    assert '"n"' in run.read[1]
    assert [arguments["sql"] for _, arguments in upstream.calls()] == [
        "SELECT count(*) AS n FROM customers"
    ]
    blocked, passed = worker.gateway.tool_records(worker.subject, 2)
    assert (blocked["verdict"]["effect"], passed["verdict"]["effect"]) == ("deny", "allow")


def reference(text: str) -> str:
    found = re.search(r"\bref=([A-Za-z0-9_-]+)", text)
    assert found, f"no reference in `{text}`"
    return found[1]
