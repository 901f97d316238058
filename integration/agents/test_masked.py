"""Personal data in a tool's result is masked before the model reads it; the result stays valid."""

import json

import jsonschema
import pytest
from gateway import findings_of, rules_of
from model_server import Call, Say
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

MARKS = {
    "ssn": "[REDACTED:us-ssn]",
    "card": "[REDACTED:payment-card]",
    "email": "[REDACTED:email]",
}


@pytest.mark.parametrize("structured", [False, True], ids=["text", "structured"])
async def test_the_model_reads_a_customer_without_personal_data(
    worker: Worker, upstream: ToolServer, structured: bool
) -> None:
    async with worker.tools(use_structured_content=structured) as tools:
        turns = [Call("read_customer", {"id": 4}), Say("A customer from there.")]
        run = await worker.run("Read customer 4.", *turns, tools=tools)
    customer = upstream.database.customer(4)
    assert json.loads(run.read[0]) == {**customer, **MARKS}
    for heard in run.heard:
        for field in MARKS:
            assert customer[field] not in heard.text
    [record] = worker.gateway.tool_records(worker.subject, 1)
    # Once in the text and once in the structured content.
    kinds = ["email", "payment-card", "us-ssn"]
    assert findings_of(record, "response") == {kind: (2, True) for kind in kinds}
    assert rules_of(record) == ["redact-personal-data-in-responses"]
    assert not any(customer[field] in json.dumps(record) for field in MARKS)


async def test_what_is_masked_still_fits_the_tools_output_schema(
    worker: Worker, upstream: ToolServer
) -> None:
    async with worker.tools() as tools:
        listed = await tools.list_tools()
        [schema] = [one.output_schema for one in listed if one.name == "read_customer"]
        # The SDK's client checks the result against the schema too, and raises if it does not fit.
        result = await tools.call_tool("read_customer", {"id": 5})
    jsonschema.validate(result.structured_content, schema)
    customer = upstream.database.customer(5)
    assert result.structured_content == {**customer, **MARKS}
    assert json.loads(result.content[0].text) == result.structured_content
    assert not result.is_error


async def test_rows_of_a_query_are_masked_wherever_they_stand(
    worker: Worker, upstream: ToolServer
) -> None:
    note = "'write to ' || email || ', card ' || card AS note"
    sql = f"SELECT id, {note} FROM customers WHERE id BETWEEN 3 AND 5"
    async with worker.tools() as tools:
        turns = [Call("query_db", {"sql": sql}), Say("Noted.")]
        run = await worker.run("Read the notes.", *turns, tools=tools)
    note = f"write to {MARKS['email']}, card {MARKS['card']}"
    assert run.read[0].count(note) == 3
    for customer in upstream.database.run("SELECT email, card FROM customers"):
        assert customer["email"] not in run.heard[-1].text
        assert customer["card"] not in run.heard[-1].text
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert findings_of(record, "response") == {"email": (6, True), "payment-card": (6, True)}
