"""Looks through everything below a folder: raw bytes, what they decode to, and the rows of databases."""

import base64
import binascii
import dataclasses
import html
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import tempfile
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence

from .needles import Needle

_ESCAPE = re.compile(rb'\\(u[0-9a-fA-F]{4}|["\\/bfnrt])')
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"", b"f": b""}
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}")
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){8,}")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
#: Bytes that are looked through at once.
_BATCH = 32 * 1024 * 1024
_SQLITE = b"SQLite format 3\0"


@dataclasses.dataclass(frozen=True)
class Hit:
    id: str
    file: str
    #: As what the file was read.
    view: str


def configured(hit: Hit) -> bool:
    """The key of digests is a part of the filter's configuration, so that Envoy has it and tells it its operator."""
    own = hit.file.endswith(("/envoy/bootstrap.json", "envoy_config_dump"))
    return own and hit.id.endswith("/digest.key")


@dataclasses.dataclass
class Searched:
    hits: set[Hit] = dataclasses.field(default_factory=set)
    files: int = 0
    #: Of the files themselves, not of what they decode to.
    bytes: int = 0


#: A file as it was read, and what it was read as.
View = tuple[pathlib.Path, str, bytes]


def search(folders: Sequence[pathlib.Path], needles: Iterable[Needle]) -> Searched:
    """Each needle in each file, once for each view it is found in. Databases may be open."""
    searcher = _Searcher(needles)
    searched = Searched()
    batch: list[View] = []
    for file in (file for folder in folders for file in sorted(folder.rglob("*"))):
        if not file.is_file() or file.is_symlink():
            continue
        searched.files += 1
        searched.bytes += file.stat().st_size
        batch += [(file, view, content) for view, content in views(file)]
        if sum(len(content) for _, _, content in batch) > _BATCH:
            searched.hits |= searcher.hits(batch)
            batch.clear()
    searched.hits |= searcher.hits(batch)
    return searched


class _Searcher:
    def __init__(self, needles: Iterable[Needle]) -> None:
        self._ids: dict[bytes, set[str]] = {}
        for needle in needles:
            self._ids.setdefault(needle.text.lower(), set()).add(needle.id)
        assert self._ids and not any(b"\n" in text or not text for text in self._ids)

    def hits(self, batch: Sequence[View]) -> set[Hit]:
        found = self._found(content for _, _, content in batch)
        hits: set[Hit] = set()
        for file, view, content in batch if found else ():
            folded = content.lower()
            stands = [text for text in found if _stands(text, folded)]
            hits |= {Hit(id, str(file), view) for text in stands for id in self._ids[text]}
        return hits

    def _found(self, contents: Iterable[bytes]) -> set[bytes]:
        """`grep` looks for thousands of needles at once; where several overlap it says one of them."""
        with tempfile.TemporaryDirectory() as made:
            needles, text = pathlib.Path(made, "needles"), pathlib.Path(made, "text")
            needles.write_bytes(b"\n".join(self._ids) + b"\n")
            text.write_bytes(b"\n".join(contents))
            command = ["grep", "-aiFohf", str(needles), str(text)]
            done = subprocess.run(
                command, check=False, capture_output=True, env={**os.environ, "LC_ALL": "C"}
            )
        assert done.returncode in (0, 1), f"grep ended with {done.returncode}: {done.stderr!r}"
        return {line.lower() for line in done.stdout.splitlines()}


def _stands(text: bytes, folded: bytes) -> bool:
    at = folded.find(text)
    while at >= 0:
        around = folded[at - 1 : at] if at else b"", folded[at + len(text) : at + len(text) + 1]
        if not text.isdigit() or not any(byte.isdigit() for byte in around):
            return True
        at = folded.find(text, at + 1)
    return False


def views(file: pathlib.Path) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file, and what whoever reads them may make of them."""
    raw = file.read_bytes()
    texts = {"raw": raw}
    if raw.startswith(_SQLITE):
        texts["rows"] = _rows(file)
    for name, text in texts.items():
        yield name, text
        once = _unescaped(text)
        if once != text:
            yield f"{name}, JSON", once
            yield f"{name}, JSON in JSON", _unescaped(once)
        for decoded, made in _decoded(once):
            if made:
                yield f"{name}, {decoded}", made


def _decoded(text: bytes) -> Iterator[tuple[str, bytes]]:
    if b"%" in text or b"+" in text:
        yield "form", urllib.parse.unquote_to_bytes(text.replace(b"+", b" "))
        yield "percent", urllib.parse.unquote_to_bytes(text)
    if b"&#" in text or b"&amp;" in text:
        yield "HTML", html.unescape(text.decode("latin-1")).encode("utf-8", "replace")
    yield "base64", b"\n".join(filter(None, map(_from_base64, _BASE64.findall(text))))
    yield "hexadecimal", b"\n".join(bytes.fromhex(run.decode()) for run in _HEX.findall(text))


def _unescaped(text: bytes) -> bytes:
    def plain(match: re.Match[bytes]) -> bytes:
        what = match.group(1)
        if what[:1] == b"u":
            return chr(int(what[1:], 16)).encode("utf-8", "surrogatepass")
        return _ESCAPED.get(what, what)

    return _ESCAPE.sub(plain, text) if b"\\" in text else text


def _from_base64(run: bytes) -> bytes | None:
    run = run.translate(_URL_SAFE)
    try:
        return base64.b64decode(run[: len(run) - len(run) % 4])
    except binascii.Error:
        return None


def _rows(file: pathlib.Path) -> bytes:
    """What a database says; of a copy, so that nothing is written beside the file."""
    with tempfile.TemporaryDirectory() as made:
        copy = pathlib.Path(made) / file.name
        for suffix in ("", "-wal"):
            if (one := file.with_name(file.name + suffix)).exists():
                shutil.copy(one, copy.with_name(copy.name + suffix))
        database = sqlite3.connect(copy)
        try:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            lines = []
            for (name,) in names.fetchall():
                for row in database.execute(f'SELECT * FROM "{name}"'):
                    lines += [one if isinstance(one, bytes) else str(one).encode() for one in row]
            return b"\n".join(lines)
        finally:
            database.close()
