"""Can a value still be read in a body, as it stands or decoded once more?

A value counts as masked when no long part of it can be read. What people need to tell values apart
may stay: the last four digits, the first six of a card, a short prefix, the domain of an e-mail
address.
"""

import base64
import binascii
import html
import json
import re
import unicodedata
import urllib.parse

from cases import Secret

#: Types of which digits count and separators do not.
_DIGITS = {
    *("credit_card", "us_ssn", "us_ssn_bare", "us_itin", "phone", "aba_routing"),
    *("uk_nhs", "ca_sin", "br_cpf", "in_aadhaar", "pl_pesel"),
}
#: Digits of these that must not stand together; of other types all but three, six at least.
_DIGITS_TOGETHER = {"credit_card": 9, "phone": 7, "us_ssn": 6, "us_ssn_bare": 6, "us_itin": 6}
_SHORT = {"uk_nino", "es_nif", "sg_nric"}
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_ESCAPE = re.compile(r'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "", "f": ""}
_JOINED = re.compile(r"(?<=[0-9A-Za-z])(?:[\s./_\u2010-\u2015-]| - ){1,3}(?=[0-9A-Za-z])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX = re.compile(r"(?:[0-9a-f]{2}){8,}")


def unescaped(text: str) -> str:
    """Without one level of the escapes of JSON strings."""

    def plain(match: re.Match[str]) -> str:
        what = match.group(1)
        return chr(int(what[1:], 16)) if what[0] == "u" else _ESCAPED.get(what, what)

    return _ESCAPE.sub(plain, text)


def views(text: str, evasion: str | None, form: bool = False) -> list[str]:
    """The text and what a reader may decode it to; the first three are as JSON has it."""
    found = _decoded(text, evasion or "")
    if form:
        found.append(urllib.parse.unquote_plus(text))
    if evasion and "+" in evasion:
        # Two disguises over one another take two decodings.
        found += [again for one in found[1:] for again in _decoded(one, evasion)]
    return list(dict.fromkeys(found))


def _decoded(text: str, evasion: str) -> list[str]:
    once = unescaped(text)
    found = [text, once, unescaped(once)]
    if any(mark in text for mark in ("&#", "&amp;", "&lt;")):
        found.append(html.unescape(text))
    if "%" in text:
        found.append(urllib.parse.unquote(text))
    if evasion.startswith(("base64", "hex")):
        found += _from_base64(text)
        found += [bytes.fromhex(m.group()).decode(errors="ignore") for m in _HEX.finditer(text)]
    if evasion == "sse_delta_split":
        found.append(joined_deltas(text))
    return found


def _from_base64(text: str) -> list[str]:
    found = []
    for match in _BASE64.finditer(text):
        code = match.group().translate(str.maketrans("-_", "+/"))
        try:
            found.append(base64.b64decode(code + "=" * (-len(code) % 4)).decode(errors="ignore"))
        except binascii.Error:
            continue
    return found


def joined_deltas(text: str) -> str:
    """What a client of an event stream of a model reads: the pieces of text, one after another."""
    pieces = []
    for line in text.split("\n"):
        if not line.startswith("data:"):
            continue
        try:
            event = json.loads(line[5:])
        except ValueError:
            continue
        if isinstance(event, dict):
            choices = event.get("choices")
            of_chat = choices[0].get("delta", {}).get("content", "") if choices else None
            pieces.append(str(event.get("delta", "") if of_chat is None else of_chat))
    return "".join(pieces)


def folded(text: str) -> str:
    """Invisible characters gone, wide and foreign digits and letters as ASCII has them."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    return "".join(map(_digit, text))


def _digit(letter: str) -> str:
    if letter.isascii() or not letter.isdigit():
        return letter
    digit = unicodedata.digit(letter, None)
    return letter if digit is None else str(digit)


def _windows(text: str, width: int) -> set[str]:
    return {text[i : i + width] for i in range(len(text) - width + 1)}


def _needles(secret: Secret) -> tuple[str, set[str]]:
    """How to look at a body, and the parts of the value of which none may be there."""
    kind, value = secret.type, secret.value
    if kind in _DIGITS:
        digits = re.sub(r"\D", "", value)
        width = _DIGITS_TOGETHER.get(kind, max(6, len(digits) - 3))
        return "digits", _windows(digits[-10:] if kind == "phone" else digits, width)
    if kind == "iban":
        number = re.sub(r"\s", "", value).lower()
        return "joined", _windows(number, max(10, len(number) // 2))
    if kind in _SHORT:
        return "joined", {re.sub(r"\s", "", value).lower()}
    if kind == "email":
        return "plain", {value.lower().split("@")[0] + "@"}
    if kind == "private_key":
        key = re.sub(r"\s|-----[^-]+-----", "", value).lower()
        return "unspaced", {key[i : i + 40] for i in range(max(1, len(key) - 40))}
    return "plain", _windows(value.lower(), max(6, (len(value) + 1) // 2))


def leaked(secret: Secret, seen: list[str]) -> bool:
    """Whether a part of the secret can be read in one of the views."""
    how, needles = _needles(secret)
    return any(_reads(how, needles, folded(text)) for text in seen)


def _reads(how: str, needles: set[str], text: str) -> bool:
    if how == "digits":
        runs = re.findall(r"\d{5,}", _JOINED.sub("", text))
        return any(needle in run for run in runs for needle in needles)
    text = text.lower()
    if how == "joined":
        text = _JOINED.sub("", text)
    if how == "unspaced":
        text = re.sub(r"\s", "", text)
    return any(needle in text for needle in needles)
