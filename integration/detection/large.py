"""Large bodies whose value lies across an edge of what Envoy hands on in one piece.

A recipe has `seed`, `format` (`json`, `text` or `ndjson`), `edge` and `shift` (the value begins at
byte `edge + shift`), `size` (bytes of the whole), `snippet` (the text around the value) and
`secret_at` (where in the snippet it begins).
"""

import random
from typing import Any

#: Bytes. Envoy reads from a socket, and hands on, in pieces that end at multiples of these.
EDGES = (4 << 10, 16 << 10, 64 << 10, 128 << 10)

_WORDS = """acorn basin cobalt drift elm fjord glacier hollow inlet jasper knoll lagoon meadow north
opal prairie quarry river summit tundra upland valley wharf yarrow zenith opened closed queue batch
shard cache lease probe steady""".split()

_HEAD = {"json": '{"items":["', "text": "", "ndjson": ""}
_GAP = {"json": '","', "text": " ", "ndjson": ""}
_TAIL = {"json": '"]}', "text": "", "ndjson": ""}


def body(recipe: dict[str, Any]) -> str:
    form = recipe["format"]
    words = random.Random(recipe["seed"])
    head, gap = _HEAD[form], _GAP[form]
    start = recipe["edge"] + recipe["shift"] - recipe["secret_at"] - len(head) - len(gap)
    text = head + _exactly(words, start, form) + gap + recipe["snippet"] + gap
    rest = max(64, recipe["size"] - len(text))
    after = _lines(words, rest) if form == "ndjson" else _prose(words, rest, form)
    return text + after + _TAIL[form]


def _sentence(words: random.Random) -> str:
    return " ".join(words.choice(_WORDS) for _ in range(8))


def _line(message: str) -> str:
    return f'{{"level":"info","msg":"{message}"}}\n'


def _prose(words: random.Random, count: int, form: str) -> str:
    end = "\n" if form == "text" else " "
    text = ""
    while len(text) < count:
        text += _sentence(words) + end
    return text[:count]


def _lines(words: random.Random, count: int) -> str:
    text = ""
    while len(text) < count:
        text += _line(_sentence(words))
    return text


def _exactly(words: random.Random, count: int, form: str) -> str:
    """Filler of `count` bytes; of ndjson whole lines."""
    if form != "ndjson":
        return _prose(words, count, form)
    text, last = "", len(_line(""))
    while True:
        line = _line(_sentence(words))
        if len(text) + len(line) + last > count:
            return text + _line("-" * (count - len(text) - last))
        text += line
