"""What the gateway made of commands, and the figures over a run of them."""

import json
from collections.abc import Iterable

from cases import CommandCase
from client import Response
from figures import Figures, Share

#: A call's method, path, headers and body.
Call = tuple[str, str, dict[str, str], bytes | None]
_JSON = {"content-type": "application/json"}


def call(case: CommandCase) -> Call:
    asked = case.request
    if case.kind == "sql":
        return "POST", "/db/query", {**_JSON, "x-db-dialect": asked["dialect"]}, _query(asked)
    if case.kind == "shell":
        return "POST", "/exec", _JSON, json.dumps({"command": asked["command"]}).encode()
    if case.kind == "mcp":
        accept = {"accept": "application/json, text/event-stream"}
        return "POST", "/mcp", {**_JSON, **accept}, asked["raw"].encode()
    body = None if asked["body"] is None else json.dumps(asked["body"]).encode()
    return asked["method"], asked["path"], asked["headers"], body


def _query(asked: dict) -> bytes:
    if not asked.get("json_escape"):
        return json.dumps({"query": asked["sql"]}).encode()
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in asked["sql"])
    return f'{{"query": "{escaped}"}}'.encode()


def decision(response: Response | None, arrived: bool) -> str:
    """What became of a call. What arrived was allowed, whatever the caller was told."""
    if arrived:
        return "allow"
    if response is None:
        return "error"
    text = response.body[:4000].decode(errors="replace").lower()
    headers = response.headers.items()
    held = "approval" in text or any(
        "approval" in name or "approval" in value.lower() for name, value in headers
    )
    if 200 <= response.status < 300:
        return "hold" if held and (response.status == 202 or _is_error(response.body)) else "block"
    if 400 <= response.status < 500:
        return "hold" if held and response.status != 403 else "block"
    return "error"


def _is_error(body: bytes) -> bool:
    try:
        answer = json.loads(body)
    except ValueError:
        return False
    return isinstance(answer, dict) and isinstance(answer.get("error"), dict)


def measure(decisions: Iterable[tuple[CommandCase, str]]) -> Figures:
    """Shares that were stopped of the risky, and as `passed.*` shares that arrived of the rest.

    `fpr.*` are shares too, of the harmless that were stopped; they name these as missed.
    """
    figures = Figures()
    stopped = wrongly = 0
    for case, made in decisions:
        stops, how = made in ("block", "hold"), case.evasion or "none"
        if case.risk == "none":
            figures[f"benign.{case.kind}/{how}"].count(made == "allow", made, case.id)
            for name in ("fpr", f"fpr.{case.kind}"):
                _alarm(figures[name], stops, how, case.id)
            wrongly += stops
            continue
        kind = f"{case.risk}, {how}, {made}"
        figures[f"risk.{case.kind}/{case.risk}"].count(stops, how, case.id)
        figures[f"evasion.{case.kind}/{how}"].count(stops, case.risk, case.id)
        for name in ("recall", f"recall.{case.kind}"):
            figures[name].count(stops, kind, case.id)
        figures["recall.evasion" if case.evasion else "recall.plain"].count(stops, kind, case.id)
        stopped += stops
    figures["precision"] = Share(stopped, stopped + wrongly, figures["fpr"].missed)
    return figures


def _alarm(share: Share, stops: bool, how: str, case: str) -> None:
    share.hit += stops
    share.of += 1
    if stops:
        share.missed.setdefault(how, []).append(case)
