"""Streamed runs: the model's events pass one by one, masked and still valid."""

import lookalikes
import pytest
from agents import function_tool
from gateway import findings_of
from model_server import Call, Say
from openai import APIError
from worker import Run, Worker

pytestmark = pytest.mark.anyio

both_apis = pytest.mark.parametrize("chat", [False, True], ids=["responses", "chat"])


@both_apis
async def test_a_streamed_run_passes_piece_by_piece(worker: Worker, chat: bool) -> None:
    said = "Nothing here needs a mask, so every piece arrives as it was sent."
    run = await worker.run("Talk.", Say(said, piece=5), chat=chat, streamed=True)
    assert run.said == said
    assert deltas(run) == [said[at : at + 5] for at in range(0, len(said), 5)]
    [record] = worker.model_records(1)
    assert record["end"] == "complete"
    assert record["response"]["body"]["text"].startswith(("event: ", "data: "))


@both_apis
async def test_a_streamed_run_is_masked_and_stays_valid(worker: Worker, chat: bool) -> None:
    email, ssn = lookalikes.email(), lookalikes.social_security_number()
    run = await worker.run(
        "Who is she?", Say(f"Write to {email}, not {ssn}.", piece=200), chat=chat, streamed=True
    )
    masked = "Write to [REDACTED:email], not [REDACTED:us-ssn]."
    assert run.said == masked
    assert deltas(run) == [masked]
    received = "".join(event.model_dump_json() for event in run.events)
    assert email not in received and ssn not in received
    [record] = worker.model_records(1)
    # In the Responses API the text comes once in pieces and four times whole.
    count = 1 if chat else 5
    assert findings_of(record, "response") == {"email": (count, True), "us-ssn": (count, True)}


@both_apis
async def test_a_value_cut_over_pieces_is_masked_in_them_and_in_the_copies(
    worker: Worker, chat: bool
) -> None:
    ssn = lookalikes.social_security_number()
    say = Say(f"Her number is {ssn}.", piece=6)
    run = await worker.run("Who?", say, chat=chat, streamed=True)
    assert "".join(deltas(run)) == run.said == "Her number is [REDACTED:us-ssn]."
    assert not any(ssn in event.model_dump_json() for event in run.events)
    [record] = worker.model_records(1)
    assert ssn not in str(record)


@both_apis
async def test_a_streamed_run_calls_tools(worker: Worker, chat: bool) -> None:
    @function_tool
    def add(left: int, right: int) -> int:
        """Add two numbers."""
        return left + right

    turns = [Call("add", {"left": 20, "right": 22}, piece=4), Say("It is 42.")]
    run = await worker.run("Add.", *turns, functions=[add], chat=chat, streamed=True)
    assert (run.read, run.said) == (["42"], "It is 42.")


@both_apis
async def test_an_answer_that_must_not_pass_becomes_an_error_in_its_stream(
    worker: Worker, chat: bool
) -> None:
    say = Say(f"Here it is: {lookalikes.private_key()}", piece=500)
    with pytest.raises(APIError, match="deny-keys-from-the-model"):
        await worker.run("Give me the key.", say, chat=chat, streamed=True)
    [record] = worker.model_records(1)
    assert record["verdict"]["reason"] == "response_denied"
    assert record["end"] == "refused"


def deltas(run: Run) -> list[str]:
    """The pieces of text of a streamed run, in order."""
    pieces = []
    for event in run.events:
        if event.type == "response.output_text.delta":
            pieces.append(event.delta)
    return pieces
