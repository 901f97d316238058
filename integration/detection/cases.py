"""The labelled cases: what must be masked in a body, what must survive, what a call risks."""

import dataclasses
import functools
import gzip
import json
import pathlib
from collections.abc import Iterator
from typing import Any

import large

CORPUS = pathlib.Path(__file__).parent / "corpus"


@dataclasses.dataclass(frozen=True)
class Secret:
    type: str
    #: `core`, `extended` or `regional`: which bar counts it.
    tier: str
    value: str
    #: As it stands in the body; empty if it is spread over `parts`.
    surface: str
    parts: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Keep:
    """A value that looks like a secret and is none."""

    value: str
    like: str


@dataclasses.dataclass(frozen=True)
class MaskingCase:
    id: str
    format: str
    content_type: str
    text: str
    #: How the first secret is disguised, or None.
    evasion: str | None
    secrets: tuple[Secret, ...]
    keep: tuple[Keep, ...]

    @functools.cached_property
    def body(self) -> bytes:
        return self.text.encode()


@dataclasses.dataclass(frozen=True)
class CommandCase:
    id: str
    #: `sql`, `http`, `mcp` or `shell`.
    kind: str
    request: dict[str, Any]
    #: The class of the risk, or `none`.
    risk: str
    evasion: str | None


def _rows(name: str) -> Iterator[dict[str, Any]]:
    with gzip.open(CORPUS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def masking_corpus() -> list[MaskingCase]:
    return [_masking(row) for row in _rows("masking")]


def command_corpus() -> list[CommandCase]:
    return [CommandCase(**row) for row in _rows("commands")]


def _masking(row: dict[str, Any]) -> MaskingCase:
    secrets = tuple(
        Secret(one["type"], one["tier"], one["value"], one["surface"], tuple(one.get("parts", ())))
        for one in row["secrets"]
    )
    return MaskingCase(
        id=row["id"],
        format=row["format"],
        content_type=row["content_type"],
        # The corpus keeps large bodies as what makes them.
        text=large.body(row["gen"]) if row["body"] is None else row["body"],
        evasion=row["evasion"],
        secrets=secrets,
        keep=tuple(Keep(one["value"], one["like"]) for one in row["keep"]),
    )
