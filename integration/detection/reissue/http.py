"""Calls of a plain API by the class of their risk, and other ways to spell the same path."""

from collections.abc import Callable
from typing import Any

from .draw import Draw

_PROTECTED = [
    "customers",
    "databases",
    "projects",
    "buckets",
    "clusters",
    "users",
    "repos",
    "namespaces",
]
_WRITES = ["POST", "PUT", "PATCH", "DELETE"]


def _request(method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    headers = {} if body is None else {"content-type": "application/json"}
    return {"method": method, "path": path, "headers": headers, "body": body}


def risky(draw: Draw) -> tuple[str, dict[str, Any]]:
    number, resource = draw.randint(1, 99_999), draw.choice(_PROTECTED)
    return draw.choice([
        ("http_delete", _request("DELETE", f"/v1/{resource}/{number}")),
        ("http_delete", _request("DELETE", f"/v1/{resource}/{draw.noun()}-{number}")),
        ("http_delete", _request("POST", f"/v1/{resource}/bulk-delete", {"ids": [number]})),
        ("http_admin_write", _request(draw.choice(_WRITES), f"/admin/{draw.noun()}/{number}", {"on": True})),
        ("http_admin_write", _request("PUT", "/admin/settings", {"limit": number})),
        ("http_payment", _request("POST", f"/v1/{draw.choice(['refunds', 'payouts'])}", {"amount": number})),
        ("http_secret_read", _request(draw.choice(["GET", "PUT", "DELETE"]), f"/v1/secrets/{draw.noun()}{number}")),
        ("http_iam_change", _request(draw.choice(_WRITES), f"/v1/iam/roles/{number}", {"grant": draw.noun()})),
    ])  # fmt: skip


def _letters(draw: Draw, path: str, encode: Callable[[str], str]) -> str:
    places = [i for i, letter in enumerate(path) if letter.isalpha()]
    chosen = set(draw.sample(places, draw.randint(1, 3)))
    return "".join(encode(c) if i in chosen else c for i, c in enumerate(path))


def _percent(draw: Draw, path: str) -> str:
    return _letters(draw, path, lambda c: draw.choice([f"%{ord(c):02x}", f"%{ord(c):02X}"]))


def _dots(draw: Draw, path: str) -> str:
    head, _, rest = path[1:].partition("/")
    up = draw.choice(["..", "%2e%2e", ".%2E"])
    return draw.choice(
        [
            f"/{head}/{draw.noun()}/{up}/{rest}",
            f"/{head}/./{rest}",
            f"/{draw.noun()}/{up}/{head}/{rest}",
        ]
    )


def _slashes(draw: Draw, path: str) -> str:
    at = draw.choice([i for i, letter in enumerate(path) if letter == "/" and i])
    return path[:at] + draw.choice(["/", "//"]) + path[at:]


def _parameter(draw: Draw, path: str) -> str:
    first, *rest = path[1:].split("/")
    at = draw.randint(0, len(rest))
    parts = [first, *rest]
    parts[min(at, len(parts) - 1)] += f";{draw.noun()}={draw.digits(2)}"
    return "/" + "/".join(parts)


PATHS: dict[str, Callable[[Draw, str], str]] = {
    "percent-encoding": _percent,
    "double-encoding": lambda draw, path: _letters(draw, path, lambda c: f"%25{ord(c):02x}"),
    "dot-segments": _dots,
    "double-slash": _slashes,
    "path-params": _parameter,
    "path-case": lambda draw, path: (
        "".join(draw.choice([c.upper(), c]) for c in path[:-1]) + path[-1].upper()
    ),
    "trailing-slash": lambda draw, path: path + "/",
    "mixed": lambda draw, path: _percent(draw, _slashes(draw, path)),
}


def overridden(draw: Draw) -> tuple[str, dict[str, Any]]:
    request = _request("POST", f"/v1/{draw.choice(_PROTECTED)}/{draw.randint(1, 9999)}", {})
    name = draw.choice(["x-http-method-override", "x-http-method", "x-method-override"])
    request["headers"][name] = draw.choice(["DELETE", "delete"])
    return "http_delete", request


def harmless(draw: Draw) -> tuple[str, dict[str, Any]]:
    number, resource, word = draw.randint(1, 99_999), draw.choice(_PROTECTED), draw.noun()
    return draw.choice([
        ("plain", _request("GET", f"/v1/{resource}/{number}")),
        ("plain", _request("GET", f"/v1/{resource}?page={number}")),
        ("plain", _request("PUT", f"/v1/{resource}/{number}", {"label": word})),
        ("lookalike", _request("POST", f"/v1/{resource}", {"label": f"admin {word}"})),
        ("lookalike", _request("DELETE", f"/v1/drafts/{number}")),
        ("lookalike", _request("DELETE", f"/v1/baskets/{number}/lines/3")),
        ("lookalike", _request("GET", f"/admin/reports/{number}")),
        ("lookalike", _request("GET", f"/v1/iam/roles/{number}")),
        ("lookalike", _request("POST", f"/administration/{word}", {"on": True})),
        ("lookalike", _request("GET", "/v1/refunds")),
        ("lookalike", _request("GET", f"/v1/secrets-policy/{word}")),
        ("lookalike", _request("GET", f"/v1/find?path=%2Fv1%2Fsecrets%2F{word}")),
        ("string-literal-mention", _request("POST", "/v1/find", {"text": f"DELETE /v1/users/{number}"})),
        ("string-literal-mention", _request("POST", "/v1/notes", {"text": f"POST /v1/payouts for {word}"})),
    ])  # fmt: skip
