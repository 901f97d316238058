"""What became of masking cases, and the figures over a run of them."""

import collections
import dataclasses
import html
import json
import re
from collections.abc import Iterable

from cases import MaskingCase, Secret
from figures import Figures, Share
from readable import leaked, views

_JSON = {"json_api", "json_nested", "mcp_text", "mcp_json"}


@dataclasses.dataclass(frozen=True)
class Masked:
    case: MaskingCase
    status: int
    #: Each secret of the case, and whether it is masked.
    secrets: list[tuple[Secret, bool]]
    #: What each look-alike looks like, and whether it survived.
    keep: list[tuple[str, bool]]
    #: The share of the other words that survived.
    text: float
    untouched: bool
    #: None where the body was none to begin with.
    json: bool | None

    @property
    def blocked(self) -> bool:
        return not 200 <= self.status < 300


def evaluate(case: MaskingCase, status: int, answer: bytes) -> Masked:
    """An answer that is no success counts as blocked: nothing leaked, nothing survived."""
    blocked = not 200 <= status < 300
    out = answer.decode(errors="replace")
    seen = views(out, case.evasion, case.format == "form")
    return Masked(
        case,
        status,
        [(secret, blocked or not leaked(secret, seen)) for secret in case.secrets],
        [(keep.like, not blocked and _survived(keep.value, out, seen)) for keep in case.keep],
        0.0 if blocked else _text_survival(case, out),
        out == case.text,
        _is_json(out) if case.format in _JSON and not blocked else None,
    )


def _survived(value: str, out: str, seen: list[str]) -> bool:
    texts = [*seen[:3], html.unescape(out), out.replace('""', '"')]
    dense = re.sub(r"\s+", "", value)
    return any(value in text or dense in re.sub(r"\s+", "", text) for text in texts)


def _words(text: str) -> collections.Counter[str]:
    return collections.Counter(re.findall(r"[A-Za-z0-9_]{3,}", text))


def _text_survival(case: MaskingCase, out: str) -> float:
    rest = case.text
    for secret in case.secrets:
        for piece in filter(None, (secret.surface, *secret.parts)):
            rest = rest.replace(piece, " ")
    before, after = _words(rest), _words(out)
    total = sum(before.values())
    kept = sum(min(count, after[word]) for word, count in before.items())
    return kept / total if total else 1.0


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def measure(results: Iterable[Masked]) -> Figures:
    """The figures of a run."""
    figures = Figures()
    plain, evaded, kept = figures["recall.plain"], figures["recall.evasion"], figures["keep"]
    caught = lost = 0
    for one in results:
        name, evasion = one.case.id, one.case.evasion
        for index, (secret, masked) in enumerate(one.secrets):
            if evasion and index == 0:
                figures[f"evasion.{evasion}"].count(masked, secret.type, name)
                evaded.count(masked, evasion, name)
            else:
                plain.count(masked, secret.type, name)
                figures[f"recall.{secret.tier}"].count(masked, secret.type, name)
                figures[f"type.{secret.type}"].count(masked, one.case.format, name)
            figures["recall"].count(masked, secret.type, name)
            caught += masked
        for like, survived in one.keep:
            kept.count(survived, like, name)
            figures[f"keep.{like}"].count(survived, one.case.format, name)
            lost += not survived
        figures["not_blocked"].count(not one.blocked, f"{one.case.format} {one.status}", name)
        figures["text_survival"].count(one.text, one.case.format, name)
        if one.json is not None:
            figures["json_valid"].count(one.json, one.case.format, name)
        if not one.secrets:
            figures["negatives_untouched"].count(one.untouched, one.case.format, name)
    figures["precision"] = Share(caught, caught + lost, kept.missed)
    return figures
