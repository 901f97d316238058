"""Command cases anew: the classes of the corpus with other names, texts and spellings."""

from collections.abc import Iterator
from typing import Any

from cases import CommandCase

from . import http, mcp, shell, shell_spelling, sql, sql_spelling
from .draw import Draw

#: Kind, class, evasion or what it resembles, request.
Made = tuple[str, str, str | None, dict[str, Any]]


def command_cases(seed: int) -> list[CommandCase]:
    draw = Draw(f"commands {seed}")
    made = [*_sql(draw), *_http(draw), *_mcp(draw), *_shell(draw)]
    return [
        CommandCase(f"s{seed}c{number:03}", kind, request, risk, how)
        for number, (kind, risk, how, request) in enumerate(made, 1)
    ]


def _sql(draw: Draw) -> Iterator[Made]:
    def one(dialect: str, risk: str, how: str | None, text: str, escape: bool = False) -> Made:
        request = {"dialect": dialect, "sql": text}
        return "sql", risk, how, {**request, "json_escape": True} if escape else request

    for dialect, risk, text in sql.RISKY:
        yield one(dialect, risk, None, sql.filled(draw, text, dialect))
    ours = [row for row in sql.RISKY if row[0] == "postgres"]
    for evasion in draw.deal(list(sql_spelling.EVASIONS), 64):
        _, risk, text = draw.choice(ours)
        yield one(
            "postgres",
            risk,
            evasion,
            sql_spelling.EVASIONS[evasion](draw, sql.filled(draw, text, "postgres")),
        )
    for _ in range(16):
        yield one("postgres", *_named("tautology", sql_spelling.constant_where(draw)))
    for _ in range(6):
        yield one("postgres", *_named("comment-hides-where", sql_spelling.hidden_where(draw)))
    for dialect, risk, text in draw.sample(sql.RISKY, 8):
        yield one(dialect, risk, "unicode-escape", sql.filled(draw, text), escape=True)
    for dialect, like, text in draw.deal(sql.HARMLESS, 81):
        yield one(dialect, "none", like, sql.filled(draw, text, dialect))


def _named(evasion: str, made: tuple[str, str]) -> tuple[str, str, str]:
    return made[0], evasion, made[1]


def _http(draw: Draw) -> Iterator[Made]:
    for _ in range(24):
        risk, request = http.risky(draw)
        yield "http", risk, None, request
    for evasion in draw.deal(list(http.PATHS), 40):
        risk, request = http.risky(draw)
        yield "http", risk, evasion, {**request, "path": http.PATHS[evasion](draw, request["path"])}
    for _ in range(6):
        risk, request = http.overridden(draw)
        yield "http", risk, "method-override", request
    for _ in range(50):
        like, request = http.harmless(draw)
        yield "http", "none", like, request


def _mcp(draw: Draw) -> Iterator[Made]:
    for _ in range(40):
        risk, how, raw = mcp.risky(draw)
        yield "mcp", risk, how, {"raw": raw}
    for _ in range(30):
        risk, how, raw = mcp.disguised(draw)
        yield "mcp", risk, how, {"raw": raw}
    for _ in range(55):
        like, raw = mcp.harmless(draw)
        yield "mcp", "none", like, {"raw": raw}


def _shell(draw: Draw) -> Iterator[Made]:
    for _ in range(40):
        risk, text = shell.risky(draw)
        yield "shell", risk, None, {"command": text}
    for evasion in draw.deal(list(shell_spelling.EVASIONS), 52):
        risk, text = shell.risky(draw)
        while not shell.simple(text):
            risk, text = shell.risky(draw)
        yield "shell", risk, evasion, {"command": shell_spelling.EVASIONS[evasion](draw, text)}
    for _ in range(60):
        like, text = shell.harmless(draw)
        yield "shell", "none", like, {"command": text}
