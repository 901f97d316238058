"""The published table of what is masked, kept, stopped and let pass, and what it claims."""

import re
from collections.abc import Callable, Iterable, Mapping

from figures import Figures, Share

#: What a column claims of a row: hits and cases.
Claim = tuple[int, int]
#: By section and row, and then by column.
Claims = dict[tuple[str, str], dict[str, Claim]]

CORPUS, SEEDS = "corpus", "seeds"
_COLUMNS = (CORPUS, SEEDS)
_HEAD = """\
# What is masked and what is stopped

<!-- Written by `make detection-table` from a run; `make test-detection` fails if it claims too much. -->

Measured with the bundles `secrets` and `personal-data` for bodies and `reference` for commands, through
a real Envoy: over the corpus of `integration/detection`, and over what the seeds {seeds} issue anew.
Bodies travel in eight ways, there and back or answered only, whole and in chunks of 1, 7 and 1000
bytes; each figure is that of the worst of these ways. A value counts as masked if no long part of it
can be read, as it stands or decoded; a command as stopped if it did not reach the upstream.

## What is missed

* A private encoding: whoever agrees on one with the caller, such as letters shifted by one, a cipher or
  hexadecimal digits in reverse, gets a value past any scanner of bytes.
* A value in pieces that nobody joins: `substr(ssn, 1, 3)` and `substr(ssn, 4)` in two columns or two
  answers are numbers like others. Rules by column, in the database, are the answer to that.
* Values that say nothing by themselves, such as passwords, where no field name or word near them does;
  and passwords with blanks, or without quotes and with a sign in them that ends a value there, such as
  `;x=`. The cases below have few such signs.
* Pictures, archives and whatever else is no text; compressed answers are refused, not read.
* Numbers of people outside of the United States: `regional` below, which no bar counts.

What is below 100 % in the tables is missed as often as it says.
"""
_SECTIONS = {
    "evasion.": ("Disguised values", "disguise", "masked"),
    "type.": ("Values by type", "type", "masked"),
    "keep.": ("Look-alikes", "looks like", "kept"),
}
_COMMANDS = {
    "evasion.": ("Risky commands", "kind/evasion", "stopped"),
    "benign.": ("Harmless commands", "kind/look-alike", "let pass"),
}
_ROW = re.compile(r"^\| `([^`]+)` \|(.*)\|$")
_CLAIM = re.compile(r"(\d+) of (\d+)")


def sections() -> Iterable[tuple[str, str, str]]:
    return [*_SECTIONS.values(), *_COMMANDS.values()]


def worst(runs: Iterable[list[Figures]]) -> dict[str, Claim]:
    """Of each figure its lowest share; a run is several sets of cases that count together."""
    lowest: dict[str, Claim] = {}
    for run in runs:
        for name, claim in _together(run).items():
            if name not in lowest or share(claim) < share(lowest[name]):
                lowest[name] = claim
    return lowest


def _together(run: list[Figures]) -> dict[str, Claim]:
    sums: dict[str, Share] = {}
    for figures in run:
        for name, one in figures.items():
            total = sums.setdefault(name, Share())
            total.hit, total.of = total.hit + one.hit, total.of + one.of
    return {name: (int(one.hit), one.of) for name, one in sums.items() if one.of}


def share(claim: Claim) -> float:
    return claim[0] / claim[1]


def claims(
    bodies: Mapping[str, dict[str, Claim]], commands: Mapping[str, dict[str, Claim]]
) -> Claims:
    """From the figures of each column."""
    found: Claims = {}
    for figures, kinds in ((bodies, _SECTIONS), (commands, _COMMANDS)):
        for prefix, (title, _, _) in kinds.items():
            for column in _COLUMNS:
                for name, claim in sorted(figures[column].items()):
                    if name.startswith(prefix):
                        found.setdefault((title, name.removeprefix(prefix)), {})[column] = claim
    return found


def rendered(found: Claims, seeds: str, tier: Callable[[str], str]) -> str:
    page = _HEAD.format(seeds=seeds)
    for title, what, done in sections():
        rows = sorted(row for section, row in found if section == title)
        if title == "Values by type":
            rows.sort(key=lambda row: (tier(row), row))
            page += f"\n## {title}\n\n| {what} | tier | {done}, corpus | {done}, seeds |\n|---|---|---|---|\n"
        else:
            page += f"\n## {title}\n\n| {what} | {done}, corpus | {done}, seeds |\n|---|---|---|\n"
        for row in rows:
            cells = [_cell(found[title, row].get(column)) for column in _COLUMNS]
            if title == "Values by type":
                cells.insert(0, tier(row))
            page += f"| `{row}` | {' | '.join(cells)} |\n"
    return page


def _cell(claim: Claim | None) -> str:
    if claim is None:
        return "-"
    # Rounded down: 99.6 % is not 100 %.
    return f"{claim[0]} of {claim[1]} ({int(100 * share(claim))} %)"


def read(page: str) -> Claims:
    found: Claims = {}
    title = ""
    for line in page.splitlines():
        if line.startswith("## "):
            title = line[3:]
        elif row := _ROW.match(line):
            cells = row[2].split("|")[-len(_COLUMNS) :]
            for column, cell in zip(_COLUMNS, cells, strict=True):
                if said := _CLAIM.search(cell):
                    found.setdefault((title, row[1]), {})[column] = (int(said[1]), int(said[2]))
    return found


def too_much(claimed: Claims, measured: Claims, columns: Iterable[str]) -> list[str]:
    """What is claimed and was not measured, or not as high."""
    wrong = []
    for row, cells in claimed.items():
        for column in columns:
            if column not in cells:
                continue
            got = measured.get(row, {}).get(column)
            if got is None or share(cells[column]) > share(got):
                wrong.append(
                    f"{row[0]}, {row[1]}, {column}: claims {_cell(cells[column])}, is {_cell(got)}"
                )
    return wrong
