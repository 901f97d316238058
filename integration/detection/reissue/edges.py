"""Values that lie across an edge of the pieces in which Envoy hands on a large body."""

import json

import large
from cases import Keep, MaskingCase, Secret

from .draw import Draw
from .lookalikes import like_secret
from .names import words_for
from .secrets import TYPES, make

_CONTENT_TYPES = {
    "json": "application/json",
    "text": "text/plain",
    "ndjson": "application/x-ndjson",
}
_REPEATED = 2


def builders(draw: Draw):
    kinds = iter(draw.deal(TYPES["core"], _REPEATED * len(large.EDGES) * len(_CONTENT_TYPES)))
    for edge in large.EDGES * _REPEATED:
        for form in _CONTENT_TYPES:
            kind = next(kinds)
            yield lambda name, edge=edge, form=form, kind=kind: _case(draw, name, edge, form, kind)


def _case(draw: Draw, name: str, edge: int, form: str, kind: str) -> MaskingCase:
    made = make(draw, kind)
    while "\n" in made.text and form == "text" and draw.chance(0.5):
        made = make(draw, kind)
    field = "_".join(words_for(draw, kind))
    text = made.text if form == "text" else json.dumps(made.text)[1:-1]
    _, kept = like_secret(draw)
    kept = kept.strip('W/"')
    if form == "ndjson":
        before = f'{{"lvl":"info","{field}":"'
        snippet = f'{before}{text}","other":"{kept}"}}\n'
    else:
        before = f"{field}: "
        snippet = f"{before}{text} and {kept}"
    recipe = {
        "seed": draw.getrandbits(32), "format": form, "edge": edge, "size": edge * 3 // 2,
        "shift": -draw.randint(1, len(text) - 1), "snippet": snippet, "secret_at": len(before),
    }  # fmt: skip
    secret = Secret(made.type, made.tier, made.value, text)
    return MaskingCase(
        name, f"large_{form}", _CONTENT_TYPES[form], large.body(recipe), "chunk_edge",
        (secret,), (Keep(kept, "secret"),),
    )  # fmt: skip
