"""A record: fields in an order, each with a text that a format has to write down."""

import dataclasses
from collections.abc import Callable, Sequence

from .draw import Draw
from .lookalikes import LOOKALIKES
from .names import STYLES, plain_field, words_for
from .secrets import Made, make


@dataclasses.dataclass(frozen=True)
class Field:
    name: str
    text: str
    secret: Made | None = None
    #: What the text looks like and is not.
    like: str | None = None

    @property
    def lines(self) -> int:
        return self.text.count("\n") + 1


def record(
    draw: Draw, kinds: Sequence[str], like: int, plain: int, fits: Callable[[str], bool]
) -> list[Field]:
    """Fields with secrets of these types, the first of them as asked first, and others between.

    `fits` tells whether the format can hold a text.
    """
    style = draw.choice(STYLES)
    fields = [_secret(draw, kind, style, fits) for kind in kinds]
    for kind in draw.deal(list(LOOKALIKES), like):
        fields.append(_lookalike(draw, kind, fits))
    for _ in range(plain):
        name, text = plain_field(draw)
        fields.append(Field(style([name]), text))
    draw.shuffle(fields)
    return _told_apart(fields)


def _secret(
    draw: Draw, kind: str, style: Callable[[Sequence[str]], str], fits: Callable[[str], bool]
) -> Field:
    while True:
        made = make(draw, kind)
        if fits(made.text):
            return Field(style(words_for(draw, kind)), made.text, secret=made)


def _lookalike(draw: Draw, kind: str, fits: Callable[[str], bool]) -> Field:
    while True:
        name, text = LOOKALIKES[kind](draw)
        if fits(text):
            return Field(name, text, like=kind)


def _told_apart(fields: list[Field]) -> list[Field]:
    """No two fields of a record have one name."""
    seen: dict[str, int] = {}
    apart = []
    for field in fields:
        count = seen[field.name] = seen.get(field.name, 0) + 1
        apart.append(
            field if count == 1 else dataclasses.replace(field, name=f"{field.name}_{count}")
        )
    return apart
