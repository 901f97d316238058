"""Traces go through the gateway, where what they tell of tools and models is masked like everything else."""

import asyncio
import json
from collections.abc import Iterator

import lookalikes
import pytest
from agents import (
    function_tool,
    set_trace_processors,
    set_tracing_disabled,
)
from agents.tracing import function_span, trace
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor
from model_server import Call, ModelServer, Say
from waiting import until
from worker import Worker


@pytest.fixture
def exporting(worker: Worker) -> Iterator[BatchTraceProcessor]:
    """The SDK's own exporter, led to the gateway with the agent's token."""
    endpoint = f"{worker.gateway.url}/v1/traces/ingest"
    exporter = BackendSpanExporter(api_key=worker.token, endpoint=endpoint)
    processor = BatchTraceProcessor(exporter)
    set_trace_processors([processor])
    set_tracing_disabled(False)
    yield processor
    set_tracing_disabled(True)
    processor.shutdown()
    set_trace_processors([])


@pytest.fixture
def collected(model_server: ModelServer) -> ModelServer:
    model_server.traces.clear()
    return model_server


@pytest.mark.anyio
async def test_a_runs_traces_are_masked_and_sent_with_the_real_key(
    worker: Worker, exporting: BatchTraceProcessor, collected: ModelServer
) -> None:
    ssn, key = lookalikes.social_security_number(), lookalikes.cloud_key_id()

    @function_tool
    def look_up(name: str) -> str:
        """Look up a customer."""
        return json.dumps({"name": name, "ssn": ssn, "key": key})

    turns = [Call("look_up", {"name": f"Ada {ssn}"}), Say("Found.")]
    await worker.run("Who is Ada?", *turns, functions=[look_up])
    await asyncio.to_thread(exporting.force_flush)
    items = [item for heard in collected.traces for item in heard.body["data"]]
    spans = [item["span_data"] for item in items if item["object"] == "trace.span"]
    [called] = [span for span in spans if span["type"] == "function"]
    assert json.loads(called["input"]) == {"name": "Ada [REDACTED:us-ssn]"}
    told = {"name": f"Ada {'[REDACTED:us-ssn]'}", "ssn": "[REDACTED:us-ssn]"}
    assert json.loads(called["output"]) == {**told, "key": "[REDACTED:aws-access-key-id]"}
    for heard in collected.traces:
        assert heard.headers["authorization"] == f"Bearer {collected.key}"
        assert "content-encoding" not in heard.headers
        assert heard.headers["openai-beta"] == "traces=v1"
        sent = heard.text + json.dumps(heard.headers)
        assert not any(value in sent for value in (ssn, key, worker.token))
    record = worker.gateway.record(worker.subject, is_of_traces)
    assert record["verdict"]["effect"] == "redact"


def test_traces_over_the_limit_are_refused_once(
    worker: Worker, exporting: BatchTraceProcessor, collected: ModelServer
) -> None:
    with trace("large"), function_span("read", input="all", output="all of it " * 150_000):
        pass
    exporting.force_flush()
    record = worker.gateway.record(worker.subject, is_of_traces)
    assert record["verdict"]["reason"] == "body_too_large"
    with trace("small"), function_span("read", input="one", output="one of them"):
        pass
    exporting.force_flush()
    # The exporter gives up the large one and goes on with what comes next.
    until("the small trace", lambda: "one of them" in "".join(h.text for h in collected.traces))
    records = filter(is_of_traces, worker.gateway.records(worker.subject))
    reasons = [record["verdict"]["reason"] for record in records]
    assert reasons.count("body_too_large") == 1


def is_of_traces(record: dict) -> bool:
    return record["request"]["path"].endswith("/v1/traces/ingest")
