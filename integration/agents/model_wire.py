"""How the model's turns look on the wire of the Responses API and of Chat Completions.

Both as one JSON body and as the event stream of `"stream": true`, where text and arguments come in
pieces and, in the Responses API, once more whole.
"""

import dataclasses
import json
import time
import uuid
from collections.abc import Iterator
from typing import Any


@dataclasses.dataclass(frozen=True)
class Say:
    """The model answers with text; streamed in pieces of so many characters."""

    text: str
    piece: int = 8


@dataclasses.dataclass(frozen=True)
class Call:
    """The model calls a tool."""

    tool: str
    arguments: dict[str, Any] = dataclasses.field(default_factory=dict)
    piece: int = 8


Turn = Say | Call


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _id(kind: str) -> str:
    return f"{kind}_{uuid.uuid4().hex}"


def _item(turn: Turn) -> dict[str, Any]:
    if isinstance(turn, Say):
        content = [{"type": "output_text", "text": turn.text, "annotations": []}]
        message = {"id": _id("msg"), "type": "message", "role": "assistant"}
        return {**message, "status": "completed", "content": content}
    return {
        "id": _id("fc"),
        "type": "function_call",
        "call_id": _id("call"),
        "name": turn.tool,
        "arguments": json.dumps(turn.arguments),
        "status": "completed",
    }


def _response(model: str, items: list[dict[str, Any]], status: str) -> dict[str, Any]:
    usage = {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 2,
    }
    return {
        "id": _id("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "model": model,
        "status": status,
        "output": items,
        "usage": usage if status == "completed" else None,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
    }


def response(model: str, turn: Turn) -> dict[str, Any]:
    return _response(model, [_item(turn)], "completed")


def queued(model: str) -> dict[str, Any]:
    """What a request with `background` gets."""
    return _response(model, [], "queued")


def response_events(model: str, turn: Turn) -> Iterator[str]:
    item = _item(turn)
    running = _response(model, [], "in_progress")
    place = {"item_id": item["id"], "output_index": 0}
    events: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": running}),
        ("response.in_progress", {"response": running}),
    ]
    empty = {"content": []} if isinstance(turn, Say) else {"arguments": ""}
    added = {"output_index": 0, "item": {**item, **empty, "status": "in_progress"}}
    events.append(("response.output_item.added", added))
    if isinstance(turn, Say):
        part, at = item["content"][0], {**place, "content_index": 0}
        events.append(("response.content_part.added", {**at, "part": {**part, "text": ""}}))
        for piece in _pieces(turn.text, turn.piece):
            events.append(("response.output_text.delta", {**at, "delta": piece, "logprobs": []}))
        events += [
            ("response.output_text.done", {**at, "text": turn.text, "logprobs": []}),
            ("response.content_part.done", {**at, "part": part}),
        ]
    else:
        for piece in _pieces(item["arguments"], turn.piece):
            events.append(("response.function_call_arguments.delta", {**place, "delta": piece}))
        whole = {**place, "arguments": item["arguments"], "name": turn.tool}
        events.append(("response.function_call_arguments.done", whole))
    completed = {**_response(model, [item], "completed"), "id": running["id"]}
    events.append(("response.output_item.done", {"output_index": 0, "item": item}))
    events.append(("response.completed", {"response": completed}))
    for number, (name, content) in enumerate(events):
        data = {"type": name, "sequence_number": number, **content}
        yield f"event: {name}\ndata: {json.dumps(data)}\n\n"


def _completion(model: str, kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    head = {"id": _id("chatcmpl"), "object": kind, "created": int(time.time()), "model": model}
    return {**head, "choices": [{"index": 0, "logprobs": None, **choice}]}


def _tool_call(turn: Call) -> dict[str, Any]:
    function = {"name": turn.tool, "arguments": json.dumps(turn.arguments)}
    return {"id": _id("call"), "type": "function", "function": function}


def completion(model: str, turn: Turn) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if isinstance(turn, Say):
        message["content"] = turn.text
    else:
        message["tool_calls"] = [_tool_call(turn)]
    reason = "stop" if isinstance(turn, Say) else "tool_calls"
    whole = _completion(model, "chat.completion", {"message": message, "finish_reason": reason})
    return {**whole, "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}


def completion_events(model: str, turn: Turn) -> Iterator[str]:
    deltas: list[dict[str, Any]]
    if isinstance(turn, Say):
        deltas = [{"role": "assistant", "content": ""}]
        deltas += [{"content": piece} for piece in _pieces(turn.text, turn.piece)]
    else:
        call = _tool_call(turn)
        arguments = call["function"]["arguments"]
        opening = {**call, "index": 0, "function": {"name": turn.tool, "arguments": ""}}
        deltas = [{"role": "assistant", "content": None, "tool_calls": [opening]}]
        for piece in _pieces(arguments, turn.piece):
            deltas.append({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
    reason = "stop" if isinstance(turn, Say) else "tool_calls"
    for delta in deltas:
        chunk = _completion(model, "chat.completion.chunk", {"delta": delta, "finish_reason": None})
        yield f"data: {json.dumps(chunk)}\n\n"
    last = _completion(model, "chat.completion.chunk", {"delta": {}, "finish_reason": reason})
    yield f"data: {json.dumps(last)}\n\n"
    yield "data: [DONE]\n\n"


def embeddings(model: str, vectors: list[list[float]]) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return {"object": "list", "data": data, "model": model, "usage": usage}
