"""What a record is written down in. A format escapes texts: what it wrote must go or stay."""

import csv
import dataclasses
import html
import io
import json
import re
import urllib.parse
from collections.abc import Callable, Sequence

from .draw import Draw

#: A name, and a mark that stands for the text until everything else is written.
Slot = tuple[str, str]
Write = Callable[[Draw, Sequence[Slot]], str]


def json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _same(text: str) -> str:
    return text


def _one_line(text: str) -> str:
    return text.replace("\n", "\\n")


@dataclasses.dataclass(frozen=True)
class Format:
    name: str
    content_types: Sequence[str]
    write: Write
    escape: Callable[[str], str]
    #: Whether texts of several lines can be held.
    lines: bool = True
    #: How often JSON escapes a text: `\\u0041` and `\\/` mean something so deep.
    json: int = 0
    markup: bool = False


def _object(slots: Sequence[Slot]) -> str:
    return "{" + ", ".join(f'"{name}": "{mark}"' for name, mark in slots) + "}"


def _api(draw: Draw, slots: Sequence[Slot]) -> str:
    inner = ",\n".join(f'    "{name}": "{mark}"' for name, mark in slots)
    return draw.choice([
        f'{{"rows": [{_object(slots)}], "next": null}}',
        f'{{\n  "item": {{\n{inner}\n  }}\n}}',
        f"[{_object(slots)}]",
    ])  # fmt: skip


def _nested(draw: Draw, slots: Sequence[Slot]) -> str:
    cut = draw.randint(0, len(slots))
    left, right = _object(slots[:cut]), _object(slots[cut:])
    return f'{{"page": {{"edges": [{{"node": {left}, "meta": {{"extra": [{right}]}}}}]}}, "errors": []}}'


def _mcp(draw: Draw, text: str) -> str:
    number = draw.randint(1, 900)
    content = f'{{"type": "text", "text": "{text}"}}'
    return f'{{"jsonrpc": "2.0", "id": {number}, "result": {{"content": [{content}], "isError": false}}}}'


def _mcp_text(draw: Draw, slots: Sequence[Slot]) -> str:
    return _mcp(draw, "\\n".join(f"{name}: {mark}" for name, mark in slots))


def _mcp_json(draw: Draw, slots: Sequence[Slot]) -> str:
    return _mcp(draw, json_text(_object(slots)))


def _ndjson(draw: Draw, slots: Sequence[Slot]) -> str:
    def line(level: str) -> str:
        return f'{{"lvl": "{level}", "message": "{draw.sentence()}"}}\n'

    return line("debug") + line("info") + _object(slots) + "\n" + line("info")


def _sse(draw: Draw, slots: Sequence[Slot]) -> str:
    status = f'event: progress\ndata: {{"message": "{draw.sentence()}"}}\n\n'
    return f"{status}event: row\ndata: {_object(slots)}\n\ndata: [DONE]\n\n"


def _csv(draw: Draw, slots: Sequence[Slot]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([[name for name, _ in slots], [mark for _, mark in slots]])
    return out.getvalue()


def _csv_text(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(r'[",\r\n]', text) else text


def _xml(draw: Draw, slots: Sequence[Slot]) -> str:
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    if draw.chance(0.5):
        inner = "".join(f"<{name}>{mark}</{name}>" for name, mark in slots)
    else:
        inner = "".join(f'<entry key="{name}">{mark}</entry>' for name, mark in slots)
    return f"{head}<result>{inner}</result>"


def _html(draw: Draw, slots: Sequence[Slot]) -> str:
    rows = draw.choice([
        "<table>" + "".join(f"<tr><th>{name}</th><td>{mark}</td></tr>" for name, mark in slots) + "</table>",
        "<dl>" + "".join(f"<dt>{name}</dt><dd>{mark}</dd>" for name, mark in slots) + "</dl>",
        "<ul>" + "".join(f"<li><b>{name}</b>: {mark}</li>" for name, mark in slots) + "</ul>",
    ])  # fmt: skip
    return (
        f"<!doctype html><html><head><title>{draw.noun()}</title></head><body>{rows}</body></html>"
    )


def _yaml(draw: Draw, slots: Sequence[Slot]) -> str:
    return "---\n" + "".join(f"{name}: {mark}\n" for name, mark in slots)


def _yaml_text(text: str) -> str:
    return "|\n" + "\n".join(f"  {line}" for line in text.split("\n")) if "\n" in text else text


def _env(draw: Draw, slots: Sequence[Slot]) -> str:
    lead = draw.choice(["", "export "])
    names = [
        re.sub(r"[^A-Z0-9]", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper())
        for name, _ in slots
    ]
    return "# settings\n" + "".join(
        f"{lead}{name}={mark}\n" for name, (_, mark) in zip(names, slots, strict=True)
    )


def _prose(draw: Draw, slots: Sequence[Slot]) -> str:
    sentences = [
        "In the ticket, {} is {} and was checked.", "Set {}: {} before you begin.",
        "The {} of this account is {} as of today.", "They wrote down {} = {} in the notes.",
    ]  # fmt: skip
    said = [draw.choice(sentences).format(name, mark) for name, mark in slots]
    return "\n".join([draw.sentence(), *said, draw.sentence()]) + "\n"


def _sql_text(draw: Draw, slots: Sequence[Slot]) -> str:
    head, row = " | ".join(name for name, _ in slots), " | ".join(mark for _, mark in slots)
    rule = "-+-".join("-" * len(name) for name, _ in slots)
    return f" {head}\n-{rule}-\n {row}\n(1 row)\n"


def _error_trace(draw: Draw, slots: Sequence[Slot]) -> str:
    said = ", ".join(f"{name}={mark}" for name, mark in slots)
    at = f'  File "/opt/{draw.noun()}/{draw.noun()}.py", line {draw.randint(9, 400)}, in load\n'
    return (
        f"Traceback (most recent call last):\n{at}    raise LoadError(context)\nLoadError: {said}\n"
    )


def _form(draw: Draw, slots: Sequence[Slot]) -> str:
    return "&".join(f"{urllib.parse.quote(name, safe='')}={mark}" for name, mark in slots)


def _form_text(text: str) -> str:
    return urllib.parse.quote(text, safe="")


def _with_plus(text: str) -> str:
    return urllib.parse.quote_plus(text, safe="")


BOUNDARY = "gatehouse-part-7f3e"


def _multipart(draw: Draw, slots: Sequence[Slot]) -> str:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    return (
        "".join(f'{head}{name}"\r\n\r\n{mark}\r\n' for name, mark in slots) + f"--{BOUNDARY}--\r\n"
    )


_JSON = ["application/json", "application/json; charset=utf-8"]
_TEXT = ["text/plain", "text/plain; charset=utf-8"]


def _markup(text: str) -> str:
    return html.escape(text, quote=False)


def _twice(text: str) -> str:
    return json_text(json_text(text))


FORMATS = {
    one.name: one
    for one in [
        Format("json_api", _JSON, _api, json_text, json=1),
        Format("json_nested", [*_JSON, "application/vnd.api+json"], _nested, json_text, json=1),
        Format("mcp_text", ["application/json"], _mcp_text, json_text, json=1),
        Format("mcp_json", ["application/json"], _mcp_json, _twice, json=2),
        Format("ndjson", ["application/x-ndjson"], _ndjson, json_text, json=1),
        Format("sse", ["text/event-stream"], _sse, json_text, json=1),
        Format("csv", ["text/csv", "text/csv; charset=utf-8"], _csv, _csv_text),
        Format("xml", ["application/xml", "text/xml"], _xml, _markup, markup=True),
        Format("html", ["text/html; charset=utf-8", "text/html"], _html, _markup, markup=True),
        Format("yaml", ["application/yaml", "text/yaml"], _yaml, _yaml_text),
        Format("env", _TEXT, _env, _one_line),
        Format("prose", [*_TEXT, "text/markdown; charset=utf-8"], _prose, _same),
        Format("sql_text", _TEXT, _sql_text, _same, lines=False),
        Format("error_trace", _TEXT, _error_trace, _one_line),
        Format("form", ["application/x-www-form-urlencoded"], _form, _form_text),
        Format("multipart", [f"multipart/form-data; boundary={BOUNDARY}"], _multipart, _same),
    ]
}
#: As browsers write forms: a plus for a blank.
OF_BROWSERS = dataclasses.replace(FORMATS["form"], escape=_with_plus)
