"""Disguises: ways to write a value so that people and programs still read it."""

import base64
import dataclasses
import html
import json
import re
import urllib.parse
from collections.abc import Callable

from .draw import Draw
from .formats import Format, json_text

_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_DASHES = "\u2010\u2011\u2012\u2013"
_SPACES = "\u00a0\u2007\u2009\u202f"
_ODD = [".", "  ", " - ", "/", "_"]

#: Types that people write in groups, and those whose groups have usual separators.
_GROUPED = ["credit_card", "us_ssn", "iban", "phone"]
_SOLID = ["email", "github_token", "stripe_key", "aws_access_key_id", "gitlab_token"]


def _fullwidth(draw: Draw, text: str) -> str:
    # Digits of one script, as a keyboard of that script gives them.
    zero = draw.choice([0xFF10, 0xFF10, 0x0660, 0x0966])
    return re.sub(r"[0-9]", lambda digit: chr(zero + int(digit.group())), text)


def _zero_width(draw: Draw, text: str) -> str:
    places = sorted(
        draw.sample(range(1, len(text)), min(len(text) - 1, draw.randint(1, 3))), reverse=True
    )
    for place in places:
        text = text[:place] + draw.choice(_INVISIBLE) + text[place:]
    return text


def _separated(draw: Draw, text: str, separators: Callable[[], str]) -> str:
    """With another separator between its groups; groups are made where there are none."""
    if text.startswith("+"):
        groups = re.findall(r"\d+", text)
        return "+" + separators().join(groups)
    groups = re.findall(r"[0-9A-Za-z]+", text)
    if len(groups) == 1:
        groups = re.findall(r".{1,4}", text)
    return separators().join(groups)


def _unicode_separators(draw: Draw, text: str) -> str:
    chosen = draw.choice([_DASHES, _SPACES])
    return _separated(draw, text, lambda: draw.choice(chosen))


def _odd_separators(draw: Draw, text: str) -> str:
    return _separated(draw, text, lambda: draw.choice(_ODD))


def _other_case(draw: Draw, text: str) -> str:
    scheme, _, rest = text.partition(" ")
    if scheme in ("Basic", "Bearer"):
        return f"{draw.choice([scheme.upper(), scheme.lower()])} {rest}"
    return text.upper() if text == text.lower() else text.lower()


def _percent(draw: Draw, text: str) -> str:
    share = draw.choice([0.0, 0.4, 1.0])
    encoded = "".join(
        _percent_of(letter) if draw.chance(share) else urllib.parse.quote(letter, safe="")
        for letter in text
    )
    return encoded if "%" in encoded else "".join(map(_percent_of, text))


def _percent_of(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode())


def _json_escape(draw: Draw, text: str) -> str:
    share = draw.choice([0.4, 1.0])
    escaped = "".join(f"\\u{ord(c):04x}" if draw.chance(share) else json_text(c) for c in text)
    return escaped if "\\u" in escaped else f"\\u{ord(text[0]):04x}{json_text(text[1:])}"


def _solidus(draw: Draw, text: str) -> str:
    return json_text(text).replace("/", "\\/")


def _entities(draw: Draw, text: str) -> str:
    share = draw.choice([0.4, 1.0])
    out = "".join(
        _entity(draw, letter) if draw.chance(share) else html.escape(letter) for letter in text
    )
    return out if "&#" in out else _entity(draw, text[0]) + html.escape(text[1:])


def _entity(draw: Draw, letter: str) -> str:
    return draw.choice([f"&#{ord(letter)};", f"&#x{ord(letter):x};"])


@dataclasses.dataclass(frozen=True)
class Disguise:
    types: list[str]
    #: Changes the text, whatever it is then written in.
    change: Callable[[Draw, str], str] | None = None
    #: Takes the place of the innermost escape of the format.
    escape: Callable[[Draw, str], str] | None = None
    fits: Callable[[Format], bool] = lambda format: True


def _in_json(format: Format) -> bool:
    return format.json > 0


def _in_markup(format: Format) -> bool:
    return format.markup


def _is_plain(format: Format) -> bool:
    return format.name not in ("form", "multipart")


_WITH_SOLIDUS = [
    "slack_webhook",
    "connection_string_password",
    "azure_storage_key",
    "aws_secret_key",
]
DISGUISES = {
    "fullwidth_digits": Disguise(_GROUPED, _fullwidth),
    "zero_width": Disguise(_GROUPED + _SOLID, _zero_width),
    "unicode_separators": Disguise(_GROUPED, _unicode_separators),
    "odd_separators": Disguise(_GROUPED[:3], _odd_separators),
    "case_change": Disguise(["email", "iban", "age_secret_key", "basic_auth", "bearer_token"], _other_case),
    "url_encoded": Disguise(
        ["email", "slack_webhook", "connection_string_password", "us_ssn", "credit_card", "gitlab_token"],
        _percent, fits=_is_plain,
    ),
    "json_unicode_escape": Disguise(
        [*_GROUPED, *_SOLID, "jwt", "password", "bearer_token", "sendgrid_key"], escape=_json_escape, fits=_in_json
    ),
    "json_solidus_escape": Disguise(_WITH_SOLIDUS, escape=_solidus, fits=_in_json),
    "html_entities": Disguise([*_GROUPED, *_SOLID, "npm_token"], escape=_entities, fits=_in_markup),
    "base64_wrapped": Disguise(["us_ssn", "credit_card", "stripe_key", "github_token", "email", "gitlab_token", "npm_token"]),
}  # fmt: skip
#: Two at once, the change of the one and the change or escape of the other.
MIXTURES = [
    "unicode_separators+fullwidth_digits", "zero_width+odd_separators", "zero_width+case_change",
    "fullwidth_digits+json_unicode_escape", "zero_width+json_unicode_escape",
    "unicode_separators+html_entities", "url_encoded+json_solidus_escape", "case_change+json_unicode_escape",
]  # fmt: skip


def wrapped(draw: Draw, name: str, text: str) -> str:
    """In base64, as settings and messages are handed on."""
    inner = draw.choice([f"{name}={text}", json.dumps({name: text}), text])
    return base64.b64encode(inner.encode()).decode()


def parts(evasion: str) -> list[Disguise]:
    return [DISGUISES[part] for part in evasion.split("+")]


def types_of(evasion: str) -> list[str]:
    first, *others = parts(evasion)
    return [kind for kind in first.types if all(kind in one.types for one in others)]


def fits(evasion: str, format: Format) -> bool:
    return all(one.fits(format) for one in parts(evasion))


def written(draw: Draw, evasion: str | None, format: Format, name: str, text: str) -> str:
    """The text as the format writes it, disguised."""
    escape = None
    for part in evasion.split("+") if evasion else []:
        one = DISGUISES[part]
        if part == "base64_wrapped":
            text = wrapped(draw, name, text)
        if one.change:
            text = one.change(draw, text)
        escape = one.escape or escape
    if escape is None:
        return format.escape(text)
    inner = escape(draw, text)
    return json_text(inner) if format.json == 2 else inner
