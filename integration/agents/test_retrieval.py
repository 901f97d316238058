"""Responses that are made in the background and fetched later: what comes is judged like any answer."""

import lookalikes
import pytest
from gateway import findings_of
from model_server import ModelServer, Say
from openai import AsyncOpenAI
from worker import Worker

pytestmark = pytest.mark.anyio

MASKED = "Her address is [REDACTED:email], her number [REDACTED:us-ssn]."


async def test_what_is_fetched_later_is_masked_whole_and_streamed(
    worker: Worker, model_server: ModelServer
) -> None:
    ssn, email = lookalikes.social_security_number(), lookalikes.email()
    model_server.play(worker.subject, Say(f"Her address is {email}, her number {ssn}.", piece=3))
    base_url = f"{worker.gateway.url}/v1"
    async with AsyncOpenAI(base_url=base_url, api_key=worker.token) as client:
        asked = {"model": worker.subject, "input": "Who is she?"}
        begun = await client.responses.create(**asked, background=True)
        assert begun.status == "queued"
        fetched = await client.responses.retrieve(begun.id)
        assert (fetched.id, fetched.output_text) == (begun.id, MASKED)
        stream = await client.responses.retrieve(begun.id, stream=True)
        events = [event async for event in stream]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    assert "".join(deltas) == MASKED
    assert events[-1].type == "response.completed"
    assert events[-1].response.output_text == MASKED
    told = "".join(event.model_dump_json() for event in events)
    assert ssn not in told and email not in told
    records = worker.model_records(3)
    assert [one["request"]["method"] for one in records] == ["POST", "GET", "GET"]
    whole, streamed = (findings_of(one, "response") for one in records[1:])
    assert whole == {"email": (1, True), "us-ssn": (1, True)}
    assert set(streamed) == set(whole) and all(masked for _, masked in streamed.values())
