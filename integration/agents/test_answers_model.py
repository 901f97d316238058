"""Each answer of the gateway to a call of the model: both SDKs, both APIs, streamed or whole.

A refused call ends the run with an exception that says why: the model itself never hears of it.
"""

import asyncio
import re
from typing import Any

import lookalikes
import pytest
from gateway import Gateway, findings_of
from javascript_sdk import JavaScript
from model_server import ModelServer, Say
from order import Order, Outcome, Problem
from python_sdk import Python
from worker import Worker

pytestmark = pytest.mark.anyio

Sdk = Python | JavaScript

LARGE = {"x-budget": "large"}


@pytest.fixture(params=["responses-whole", "responses-streamed", "chat-whole", "chat-streamed"])
def way(request: pytest.FixtureRequest) -> dict[str, bool]:
    """How the model is asked, for `Order`."""
    api, form = request.param.split("-")
    return {"chat": api == "chat", "streamed": form == "streamed"}


async def test_blocked(
    worker: Worker, sdk: Sdk, way: dict[str, bool], model_server: ModelServer
) -> None:
    asked = len(model_server.log.requests)
    prompt = f"Sign with {lookalikes.private_key()}"
    run = await sdk.run(worker, Order(prompt=prompt, **way), Say("Never said."))
    problem = refused(run, "gatehouse_blocked")
    assert "Blocked by policy deny-keys-to-the-model: The model must not" in problem.message
    assert "MII" not in problem.message
    # The client was told not to try again, and did not.
    worker.model_records(1)
    assert model_server.log.requests[asked:] == []


async def test_an_answer_that_is_blocked(worker: Worker, sdk: Sdk, way: dict[str, bool]) -> None:
    # The head of the answer, a 200, went out before its body was read.
    say = Say(f"Here it is: {lookalikes.private_key()}", piece=500)
    run = await sdk.run(worker, Order(**way), say)
    assert run.problem and run.said is None
    assert run.problem.name == ("APIError" if way["streamed"] else "ModelRefusalError")
    assert "Blocked by policy" in run.problem.message
    assert "deny-keys-from-the-model" in run.problem.message
    assert "MII" not in str(run)
    assert len(run.heard) == 1
    [record] = worker.model_records(1)
    assert (record["verdict"]["reason"], record["end"]) == ("response_denied", "refused")


async def test_held_and_approved_in_time(worker: Worker, sdk: Sdk, way: dict[str, bool]) -> None:
    headers = {**LARGE, "x-gatehouse-wait": "60"}
    running = asyncio.create_task(sdk.run(worker, Order(headers=headers, **way), Say("Done.")))
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    run = await running
    assert (run.problem, run.said, len(run.heard)) == (None, "Done.", 1)
    worker.model_records(1)


async def test_deferred_and_repeated(worker: Worker, sdk: Sdk, way: dict[str, bool]) -> None:
    order = Order(headers={**LARGE, "x-gatehouse-wait": "0"}, **way)
    first = await sdk.run(worker, order, Say("Never said."))
    pending = refused(first, "gatehouse_pending").message
    assert re.search(r"Approval pending, ref=[\w-]+, url=http://\S+/holds/\S+\. ", pending), pending
    await asyncio.to_thread(worker.gateway.approve, worker.subject)
    second = await sdk.run(worker, order, Say("Done."))
    assert (second.problem, second.said, len(second.heard)) == (None, "Done.", 1)
    # One approval is one execution.
    refused(await sdk.run(worker, order, Say("Never said.")), "gatehouse_pending")
    worker.model_records(3)


async def test_deferred_by_default(worker: Worker, sdk: Sdk) -> None:
    run = await sdk.run(worker, Order(headers=LARGE), Say("Never said."))
    refused(run, "gatehouse_pending")


async def test_denied_while_it_waits(worker: Worker, sdk: Sdk, way: dict[str, bool]) -> None:
    headers = {**LARGE, "x-gatehouse-wait": "60"}
    running = asyncio.create_task(sdk.run(worker, Order(headers=headers, **way), Say("No.")))
    await asyncio.to_thread(worker.gateway.deny, worker.subject, "use the small model")
    assert_denied(await running)
    worker.model_records(1)


async def test_denied_before_it_is_repeated(worker: Worker, sdk: Sdk, way: dict[str, bool]) -> None:
    order = Order(headers={**LARGE, "x-gatehouse-wait": "0"}, **way)
    refused(await sdk.run(worker, order, Say("Never said.")), "gatehouse_pending")
    await asyncio.to_thread(worker.gateway.deny, worker.subject, "use the small model")
    assert_denied(await sdk.run(worker, order, Say("Never said.")))


async def test_masked_on_the_way_to_the_model(
    worker: Worker, sdk: Sdk, way: dict[str, bool]
) -> None:
    ssn, key = lookalikes.social_security_number(), lookalikes.cloud_key_id()
    order = Order(prompt=f"SSN {ssn}, key {key}.", **way)
    run = await sdk.run(worker, order, Say("Noted."))
    assert (run.problem, run.said) == (None, "Noted.")
    [heard] = run.heard
    assert "SSN [REDACTED:us-ssn], key [REDACTED:aws-access-key-id]." in heard.text
    assert ssn not in heard.text and key not in heard.text


async def test_masked_on_the_way_back(worker: Worker, sdk: Sdk, way: dict[str, bool]) -> None:
    email, ssn = lookalikes.email(), lookalikes.social_security_number()
    # Both values are cut over several pieces.
    say = Say(f"Write to {email}, not {ssn}, please.", piece=6)
    run = await sdk.run(worker, Order(**way), say)
    assert run.problem is None
    assert run.said == "Write to [REDACTED:email], not [REDACTED:us-ssn], please."
    assert "".join(run.pieces) == (run.said if way["streamed"] else "")
    assert not any(email in event or ssn in event for event in run.events)
    [record] = worker.model_records(1)
    assert set(findings_of(record, "response")) == {"email", "us-ssn"}


@pytest.mark.parametrize("audience", [None, "another-gateway"], ids=["none", "for-another"])
async def test_without_a_token_that_counts(
    worker: Worker,
    sdk: Sdk,
    way: dict[str, bool],
    model_server: ModelServer,
    gateway: Gateway,
    audience: str | None,
) -> None:
    asked = len(model_server.log.requests)
    worker.token = gateway.token(worker.subject, "--aud", audience) if audience else "none"
    run = await sdk.run(worker, Order(**way), Say("Never said."))
    problem = refused(run, "gatehouse_unauthenticated", "AuthenticationError", 401)
    assert "Send a valid bearer token." in problem.message
    assert model_server.log.requests[asked:] == []


def refused(
    run: Outcome, code: str, name: str = "PermissionDeniedError", status: int = 403
) -> Problem:
    problem: Any = run.problem
    assert problem and run.said is None
    assert (problem.name, problem.code, problem.status) == (name, code, status), problem
    assert run.heard == []
    # The exception's text is all that many programs log.
    assert re.search(r"ref=[\w-]+", problem.message), problem.message
    return problem


def assert_denied(run: Outcome) -> None:
    problem = refused(run, "gatehouse_hold_denied")
    assert "Denied by an approver: use the small model. Do not retry." in problem.message
