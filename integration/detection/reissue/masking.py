"""Masking cases anew: the types, formats and disguises of the corpus, and some it has not."""

from collections.abc import Iterator

from cases import Keep, MaskingCase, Secret

from . import disguise, edges, streamed
from .draw import Draw
from .formats import FORMATS, OF_BROWSERS, Format
from .record import Field, record
from .secrets import TYPES

#: Cases of each kind. Types of `core` count most, so each is there several times in both.
_CORE, _EXTENDED, _REGIONAL, _NOTHING = 170, 69, 18, 60
_DISGUISED, _ESCAPED, _MIXED, _FORMS = 100, 11, 16, 21
#: What people write in groups, or with a word before it.
_WITH_BLANKS = [
    "credit_card", "iban", "us_ssn", "phone", "bearer_token", "basic_auth", "private_key"
]  # fmt: skip


def masking_cases(seed: int) -> list[MaskingCase]:
    draw = Draw(f"masking {seed}")
    return list(_cases(draw, f"s{seed}m"))


def _cases(draw: Draw, prefix: str) -> Iterator[MaskingCase]:
    number = 0
    for build in _builders(draw):
        number += 1
        yield build(f"{prefix}{number:03}")


def _builders(draw: Draw):
    def plain(kinds: list[str]):
        return lambda name: _case(draw, name, kinds, None)

    def disguised(evasion: str):
        kind = draw.choice(disguise.types_of(evasion))
        return lambda name: _case(draw, name, [kind, *_company(draw, 0.3)], evasion)

    for kind in draw.deal(TYPES["core"], _CORE):
        yield plain([kind, *_company(draw, 0.5)])
    for tier, count in (("extended", _EXTENDED), ("regional", _REGIONAL)):
        for kind in draw.deal(TYPES[tier], count):
            yield plain([kind, *_company(draw, 0.5)])
    for _ in range(_NOTHING):
        yield plain([])
    for evasion in draw.deal(list(disguise.DISGUISES), _DISGUISED):
        yield disguised(evasion)
    # This kind has a bar of its own: one value missed must not fail it.
    for _ in range(_ESCAPED):
        yield disguised("json_unicode_escape")
    for evasion in draw.deal(disguise.MIXTURES, _MIXED):
        yield disguised(evasion)
    yield from edges.builders(draw)
    yield from streamed.builders(draw)
    for kind in draw.deal(_WITH_BLANKS, _FORMS):
        yield lambda name, kind=kind: _of_browser(draw, name, kind)


def _company(draw: Draw, share: float) -> list[str]:
    """Types of further secrets of the same record."""
    return draw.choices(TYPES["core"], k=draw.randint(1, 2)) if draw.chance(share) else []


def _case(draw: Draw, name: str, kinds: list[str], evasion: str | None) -> MaskingCase:
    format = _format(draw, kinds, evasion)
    like = draw.randint(2, 5) if not kinds else draw.randint(0, 3)
    fields = record(
        draw, kinds, like, draw.randint(1, 4), lambda text: format.lines or "\n" not in text
    )
    return written_down(draw, name, format, fields, kinds, evasion)


def _of_browser(draw: Draw, name: str, kind: str) -> MaskingCase:
    fields = record(draw, [kind], draw.randint(1, 3), draw.randint(1, 3), lambda text: True)
    return written_down(draw, name, OF_BROWSERS, fields, [kind], None)


def _format(draw: Draw, kinds: list[str], evasion: str | None) -> Format:
    while True:
        format = draw.choice(list(FORMATS.values()))
        if "private_key" in kinds and not format.lines:
            continue
        if evasion is None or disguise.fits(evasion, format):
            return format


def written_down(
    draw: Draw,
    name: str,
    format: Format,
    fields: list[Field],
    kinds: list[str],
    evasion: str | None,
) -> MaskingCase:
    marks = [f"\ue000{index}\ue001" for index in range(len(fields))]
    text = format.write(
        draw, [(field.name, mark) for field, mark in zip(fields, marks, strict=True)]
    )
    secrets: list[Secret] = []
    keep: list[Keep] = []
    for field, mark in zip(fields, marks, strict=True):
        first = (
            field.secret is not None
            and bool(kinds)
            and field.secret.type == kinds[0]
            and not _has(secrets, kinds[0])
        )
        surface = disguise.written(draw, evasion if first else None, format, field.name, field.text)
        if (
            field.text.isdigit()
            and field.text[0] != "0"
            and format.json == 1
            and surface == field.text
        ):
            # Numbers of JSON, as many services write what is all digits.
            text = text.replace(f'"{mark}"', mark) if draw.chance(0.3) else text
        text = text.replace(mark, surface)
        if made := field.secret:
            secret = Secret(made.type, made.tier, made.value, surface.strip('"'))
            secrets.insert(0 if first else len(secrets), secret)
        elif field.like:
            # A form spells what it keeps in its own way.
            keep.append(Keep(surface if format.name == "form" else field.text, field.like))
    kind = draw.choice(format.content_types)
    return MaskingCase(name, format.name, kind, text, evasion, tuple(secrets), tuple(keep))


def _has(secrets: list[Secret], kind: str) -> bool:
    return any(secret.type == kind for secret in secrets)
