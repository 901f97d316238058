"""The ways in which a case goes through the gateway, and what its caller reads of the answer."""

import dataclasses
import json
import urllib.parse
from collections.abc import Callable

import masked
from cases import MaskingCase
from client import Client, Response
from masked import Masked
from readable import joined_deltas

_JSON = {"content-type": "application/json"}
#: Envoy takes heads up to 60 KiB, and so many are no query anybody writes.
_HEAD = 4000

Call = tuple[str, str, dict[str, str], bytes | None]


@dataclasses.dataclass(frozen=True)
class Way:
    name: str
    call: Callable[[MaskingCase], Call | None]
    #: What of a good answer's body is the case's own.
    read: Callable[[bytes], str] = lambda body: body.decode(errors="replace")

    def send(self, client: Client, case: MaskingCase) -> tuple[Masked, Response] | None:
        """What became of the case, or None where it cannot go this way."""
        call = self.call(case)
        if call is None:
            return None
        method, path, headers, body = call
        # A session for each way: its pages are long ones.
        answer = client.send(method, path, {**headers, "x-gatehouse-run": self.name}, body)
        out = self.read(answer.body) if answer.status == 200 else ""
        return masked.evaluate(case, answer.status, out.encode()), answer


def _body(path: str) -> Callable[[MaskingCase], Call]:
    return lambda case: ("POST", path, {"content-type": case.content_type}, case.body)


def _fetch(case: MaskingCase) -> Call:
    return "GET", f"/case/{case.id}", {}, None


def _mcp(case: MaskingCase) -> Call:
    params = {"name": "repeat", "arguments": {"text": case.text}}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    accept = {"accept": "application/json, text/event-stream"}
    return "POST", "/mcp", {**_JSON, **accept}, json.dumps(asked).encode()


def _model(stream: bool) -> Callable[[MaskingCase], Call]:
    def call(case: MaskingCase) -> Call:
        asked = {"model": "m", "messages": [{"role": "user", "content": case.text}]}
        body = json.dumps({**asked, "stream": stream}).encode()
        return "POST", "/v1/chat/completions", _JSON, body

    return call


def _query(case: MaskingCase) -> Call | None:
    """What a case holds, as the value of a parameter."""
    query = urllib.parse.quote_plus(case.text)
    return ("GET", f"/find?q={query}", {}, None) if len(query) < _HEAD else None


def _header(case: MaskingCase) -> Call | None:
    """What a case holds, in one line."""
    line = " ".join(case.text.split())
    fits = case.text.isascii() and len(line) < _HEAD
    return ("GET", "/heads", {"x-note": line}, None) if fits else None


def _of_tool(body: bytes) -> str:
    return json.loads(body)["result"]["content"][0]["text"]


def _of_model(body: bytes) -> str:
    return json.loads(body)["choices"][0]["message"]["content"]


WAYS = (
    Way("echo", _body("/echo")),
    Way("fetch", _fetch),
    Way("refused", _body("/refused")),
    Way("held", _body("/held")),
    Way("tool", _mcp, _of_tool),
    Way("model", _model(stream=False), _of_model),
    Way("model-stream", _model(stream=True), lambda body: joined_deltas(body.decode())),
    Way("query", _query, lambda body: urllib.parse.unquote_plus(body.decode())),
    Way("header", _header),
)
