"""A local stand-in for OpenAI's API that plays scripts: one script for each model name.

A turn of a script is what the model does next, or a function of the request that says it, or that answers
in the model's place.
"""

import dataclasses
import inspect
import json
from collections.abc import Callable, Iterator
from typing import Any

from model_wire import (
    Call,
    Say,
    Turn,
    completion,
    completion_events,
    embeddings,
    queued,
    response,
    response_events,
)
from serving import Log, Server
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

__all__ = ["Call", "Heard", "ModelServer", "Say", "Turn"]


@dataclasses.dataclass(frozen=True)
class Heard:
    """What the model was sent in one request."""

    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def text(self) -> str:
        """All of it, without escapes that would hide a value."""
        return json.dumps(self.body, ensure_ascii=False)

    @property
    def tool_outputs(self) -> list[str]:
        """What the model reads as the results of its tool calls, in order."""
        if "input" in self.body:
            items = self.body["input"] if isinstance(self.body["input"], list) else []
            results = [item for item in items if item.get("type") == "function_call_output"]
            outputs = [result["output"] for result in results]
        else:
            outputs = [one["content"] for one in self.body["messages"] if one["role"] == "tool"]
        return [_plain(output) for output in outputs]


def _plain(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


Scripted = Turn | Callable[[Heard], Any]


class ModelServer:
    def __init__(self, key: str) -> None:
        self.key = key
        self._scripts: dict[str, Iterator[Scripted]] = {}
        self._heard: dict[str, list[Heard]] = {}
        routes = [
            Route("/v1/responses", self._responses, methods=["POST"]),
            Route("/v1/responses/{id}", self._retrieve, methods=["GET"]),
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/embeddings", self._embed, methods=["POST"]),
            Route("/v1/traces/ingest", self._ingest, methods=["POST"]),
        ]
        #: Of responses that are made in the background: model and turn by id.
        self._made: dict[str, tuple[str, Turn]] = {}
        #: What exporters of traces sent.
        self.traces: list[Heard] = []
        #: Every request, also those without the right key.
        self.log = Log(Starlette(routes=routes))
        self._server = Server(self.log)
        self.url = f"{self._server.url}/v1"

    def stop(self) -> None:
        self._server.stop()

    def play(self, model: str, *turns: Scripted) -> list[Heard]:
        """Sets the script of a model name; what that model hears is appended to the list."""
        self._scripts[model] = iter(turns)
        self._heard[model] = []
        return self._heard[model]

    async def _responses(self, request: Request) -> Response:
        return await self._answer(request, response, response_events)

    async def _chat(self, request: Request) -> Response:
        return await self._answer(request, completion, completion_events)

    async def _retrieve(self, request: Request) -> Response:
        model, turn = self._made[request.path_params["id"]]
        if not self._is_let_in(request):
            return failure(401, "invalid_api_key", "Incorrect API key provided")
        if request.query_params.get("stream") == "true":
            return StreamingResponse(response_events(model, turn), media_type="text/event-stream")
        return JSONResponse({**response(model, turn), "id": request.path_params["id"]})

    async def _embed(self, request: Request) -> Response:
        """Needs no script: each text becomes its length."""
        if not self._is_let_in(request):
            return failure(401, "invalid_api_key", "Incorrect API key provided")
        heard = Heard(dict(request.headers), await request.json())
        model, texts = heard.body["model"], heard.body["input"]
        self._heard.setdefault(model, []).append(heard)
        texts = [texts] if isinstance(texts, str) else texts
        return JSONResponse(embeddings(model, [[float(len(text))] for text in texts]))

    async def _ingest(self, request: Request) -> Response:
        if not self._is_let_in(request):
            return failure(401, "invalid_api_key", "Incorrect API key provided")
        self.traces.append(Heard(dict(request.headers), await request.json()))
        return Response(status_code=204)

    def _is_let_in(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {self.key}"

    async def _answer(self, request: Request, whole: Any, events: Any) -> Response:
        if not self._is_let_in(request):
            return failure(401, "invalid_api_key", "Incorrect API key provided")
        heard = Heard(dict(request.headers), await request.json())
        model = heard.body["model"]
        turn = next(self._scripts.get(model, iter(())), None)
        if turn is None:
            return failure(400, "script_over", f"the script of `{model}` has no further turn")
        self._heard[model].append(heard)
        if not isinstance(turn, Say | Call):
            turn = turn(heard)
            turn = await turn if inspect.isawaitable(turn) else turn
        if isinstance(turn, Response):
            return turn
        if heard.body.get("background"):
            begun = queued(model)
            self._made[begun["id"]] = (model, turn)
            return JSONResponse(begun)
        if heard.body.get("stream"):
            return StreamingResponse(events(model, turn), media_type="text/event-stream")
        return JSONResponse(whole(model, turn))


def failure(status: int, code: str, message: str) -> JSONResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return JSONResponse({"error": error}, status_code=status)
