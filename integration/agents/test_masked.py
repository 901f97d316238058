"""Personal data in a tool's result is masked before the model reads it; the result stays valid."""

import json

import jsonschema
import pytest
from eras import Era
from gateway import findings_of, rules_of
from javascript_sdk import JavaScript
from model_server import Call, Say
from order import Order
from python_sdk import Python
from tool_server import ToolServer
from worker import Worker

pytestmark = pytest.mark.anyio

Sdk = Python | JavaScript

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


async def test_what_is_masked_keeps_its_type_and_so_fits_the_tools_schema(
    worker: Worker, sdk: Sdk, era: Era
) -> None:
    # The clients of both SDKs check the result against the schema, and raise if it does not fit.
    turns = [Call("read_contact", {"id": 5}), Say("Read.")]
    run = await sdk.run(worker, Order(path=era.path), *turns)
    row = era.server.database.customer(5)
    masked = {"email": MARKS["email"], "card": 0, "ssns": [MARKS["ssn"]]}
    assert json.loads(run.read[0]) == {"name": row["name"], **masked, "note": None}
    async with worker.tools(era.path) as tools:
        listed = await tools.list_tools()
        [schema] = [one.output_schema for one in listed if one.name == "read_contact"]
        result = await tools.call_tool("read_contact", {"id": 5})
    assert schema["additionalProperties"] is False
    jsonschema.validate(result.structured_content, schema)
    assert result.structured_content == json.loads(run.read[0])
    for wrong in (str(row["card"]), MARKS["card"], None):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**result.structured_content, "card": wrong}, schema)


async def test_what_is_masked_does_not_fit_a_schema_that_says_its_form(
    worker: Worker, sdk: Sdk, era: Era
) -> None:
    """The limit of it: the run goes on, and the model reads nothing of the result."""
    turns = [Call("read_identity", {"id": 5}), Say("It did not work.")]
    run = await sdk.run(worker, Order(path=era.path), *turns)
    assert (run.problem, run.said) == (None, "It did not work.")
    assert run.read == ["An error occurred while running the tool. Please try again."]
    assert era.server.database.customer(5)["ssn"] not in run.heard[-1].text
    [record] = worker.gateway.tool_records(worker.subject, 1)
    assert (record["end"], findings_of(record, "response")) == ("complete", {"us-ssn": (2, True)})


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
