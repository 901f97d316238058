"""What a model says, in the pieces in which it says it: a value lies across several events."""

import json

from cases import MaskingCase, Secret

from .draw import Draw
from .names import words_for
from .secrets import make

_TYPES = [
    "credit_card",
    "us_ssn",
    "iban",
    "email",
    "github_token",
    "aws_access_key_id",
    "phone",
    "jwt",
    "stripe_key",
]


def builders(draw: Draw):
    for kind in draw.sample(_TYPES, len(_TYPES)):
        yield lambda name, kind=kind: _case(draw, name, kind)


def _case(draw: Draw, name: str, kind: str) -> MaskingCase:
    made = make(draw, kind)
    field = " ".join(words_for(draw, kind))
    event = draw.choice([_chat, _response])
    before, after = ["Sure", ". ", "The ", field, " is "], [", as", " asked", "."]
    frame = "".join(map(event, before + after))
    # A piece that stands elsewhere too would take other words with it when words are compared.
    pieces = _pieces(draw, made.text)
    while any(
        piece in "\n".join([frame, *pieces[:i], *pieces[i + 1 :]]) for i, piece in enumerate(pieces)
    ):
        pieces = _pieces(draw, made.text)
    said = [*before, *pieces, *after]
    text = "".join(map(event, said)) + "data: [DONE]\n\n"
    secret = Secret(made.type, made.tier, made.value, "", tuple(pieces))
    return MaskingCase(
        name, "sse_delta", "text/event-stream", text, "sse_delta_split", (secret,), ()
    )


def _pieces(draw: Draw, text: str) -> list[str]:
    pieces = []
    while text:
        size = draw.randint(3, 9)
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def _chat(piece: str) -> str:
    choice = {"index": 0, "delta": {"content": piece}, "finish_reason": None}
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n"


def _response(piece: str) -> str:
    event = {"type": "response.output_text.delta", "output_index": 0, "delta": piece}
    return f"event: response.output_text.delta\ndata: {json.dumps(event)}\n\n"
