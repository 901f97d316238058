"""Ways to say to a shell what a simple command says; each keeps what it does."""

import base64
from collections.abc import Callable

from .draw import Draw


def _first(text: str, change: Callable[[str], str]) -> str:
    word, space, rest = text.partition(" ")
    return change(word) + space + rest


def _split(draw: Draw, text: str, what: str) -> str:
    """With something that means nothing inside of the first word."""

    def change(word: str) -> str:
        place = draw.randint(1, max(1, len(word) - 1))
        return word[:place] + what + word[place:]

    return _first(text, change)


def _hexadecimal(draw: Draw, text: str) -> str:
    return _first(text, lambda word: "$'" + "".join(f"\\x{ord(c):02x}" for c in word) + "'")


def _encoded(draw: Draw, text: str) -> str:
    code = base64.b64encode(text.encode()).decode()
    return f"echo {code} | base64 -d | {draw.choice(['sh', 'bash'])}"


def _within(draw: Draw, text: str, around: list[str]) -> str:
    return draw.choice(around).replace("{}", text)


_WRAPPERS = [
    "sudo {}", "sudo -u root {}", "timeout 30 {}", "nice -n 5 {}", "env A=1 {}", "nohup {}",
    "command {}", "exec {}",
]  # fmt: skip
_STACKED = ["cd /tmp && {}", "ls; {}", "false || {}", "ls & {}"]
_SUBSTITUTED = ["echo $({})", "echo `{}`", "({})", "{ {}; }"]


def _nested(draw: Draw, text: str) -> str:
    quoted = "'" + text.replace("'", "'\\''") + "'"
    return f"{draw.choice(['bash -c', 'sh -c', 'sudo bash -c', 'eval'])} {quoted}"


EVASIONS: dict[str, Callable[[Draw, str], str]] = {
    "quote-splitting": lambda draw, text: _split(draw, text, draw.choice(["''", '""'])),
    "backslash": lambda draw, text: _split(draw, text, "\\"),
    "variable": lambda draw, text: _first(text, lambda word: f"x={word}; $x"),
    "ifs": lambda draw, text: text.replace(" ", draw.choice(["${IFS}", "$IFS$9"])),
    "hex-escape": _hexadecimal,
    "base64": _encoded,
    "wrapper": lambda draw, text: _within(draw, text, _WRAPPERS),
    "nested-shell": _nested,
    "stacked": lambda draw, text: _within(draw, text, _STACKED),
    "newline": lambda draw, text: f"pwd\n{text}",
    "substitution": lambda draw, text: _within(draw, text, _SUBSTITUTED),
    "full-path": lambda draw, text: f"/usr/bin/{text}",
    "mixed": lambda draw, text: _within(draw, _split(draw, text, "''"), _WRAPPERS),
}
