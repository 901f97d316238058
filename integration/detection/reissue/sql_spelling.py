"""Ways to write a statement for who only looks for words, and conditions that are always true."""

import re
from collections.abc import Callable

from .draw import Draw
from .sql import filled

_TRUE = [
    "2 = 2", "true", "{c} = {c}", "'{w}' = '{w}'", "id = {n} OR true", "{c} = {n} OR 3 = 3",
    "NOT false", "(5 > 1)", "1 = 1 AND true",
]  # fmt: skip


def constant_where(draw: Draw) -> tuple[str, str]:
    """A class and a statement whose WHERE lets everything through."""
    where = draw.choice(_TRUE)
    if draw.chance(0.5):
        return "delete_without_where", filled(draw, f"DELETE FROM {{t}} WHERE {where}")
    return "update_without_where", filled(draw, f"UPDATE {{t}} SET {{c}} = {{n}} WHERE {where}")


def hidden_where(draw: Draw) -> tuple[str, str]:
    places = ["/* WHERE id = {n} */", "-- WHERE id = {n}", "RETURNING ' WHERE id = {n}'"]
    return "delete_without_where", filled(draw, f"DELETE FROM {{t}} {draw.choice(places)}")


def _spaced(draw: Draw, text: str, share: float, spaces: list[str]) -> str:
    """With something else for some of the spaces between words, the first one always."""
    head, *rest = re.split(r" (?=[A-Za-z(])", text)
    out = head
    for index, word in enumerate(rest):
        inside = any(out.count(quote) % 2 for quote in ("'", '"', "$$"))
        kept = inside or (index and not draw.chance(share))
        out += (" " if kept else draw.choice(spaces)) + word
    return out


def _case(draw: Draw, text: str) -> str:
    def mixed(word: re.Match[str]) -> str:
        return "".join(draw.choice([c, c.lower()]) for c in word.group())

    return re.sub(r"\b[A-Z]{2,}\b", mixed, text)


def _whitespace(draw: Draw, text: str) -> str:
    return draw.choice(["\n ", "\t"]) + _spaced(draw, text, 0.7, ["\n", "\t", " \r\n  ", "   "])


def _comments(draw: Draw, text: str) -> str:
    return _spaced(draw, text, 0.4, ["/**/", f" /* {draw.noun()} */ ", " --x\n"])


def _leading_comment(draw: Draw, text: str) -> str:
    return draw.choice(["/* report */ ", "-- weekly report\n"]) + text


def _stacked(draw: Draw, text: str) -> str:
    return f"SELECT {draw.randint(1, 99)};{draw.choice([' ', chr(10), ''])}{text};"


def _desync(draw: Draw, text: str) -> str:
    """Where who reads comments and quotes wrongly takes the statement for a comment."""
    around = [
        "SELECT 2 /* a /* b */ c */; {}", "SELECT 3 -- /*\n; {} -- */", "SELECT '/*'; {} --'*/'"
    ]  # fmt: skip
    return draw.choice(around).replace("{}", text)


#: Ways of postgres.
EVASIONS: dict[str, Callable[[Draw, str], str]] = {
    "case": _case,
    "whitespace": _whitespace,
    "comment-splitting": _comments,
    "leading-comment": _leading_comment,
    "stacked-statements": _stacked,
    "transaction-wrapped": lambda draw, text: f"START TRANSACTION; {text}; COMMIT",
    "comment-desync": _desync,
    "mixed": lambda draw, text: _case(draw, _spaced(draw, text, 0.6, ["/**/", "\n\t"])),
}
