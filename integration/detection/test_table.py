"""The published table claims no more than what is measured now."""

from collections.abc import Callable

import pytest
import sources
import table
from figures import Figures
from gateway import ROOT
from reissue.secrets import TIERS
from runs import MODES, Mode

PAGE = ROOT / "docs" / "reference" / "evasions.md"


@pytest.fixture(scope="module")
def measured(
    masked_figures: Callable[[str, Mode], Figures], judged_figures: Callable[[str], Figures]
) -> table.Claims:
    sets = {table.CORPUS: sources.NAMES[:1], table.SEEDS: sources.NAMES[1:]}
    bodies = {
        column: table.worst([masked_figures(name, mode) for name in names] for mode in MODES)
        for column, names in sets.items()
    }
    commands = {
        column: table.worst([[judged_figures(name) for name in names]])
        for column, names in sets.items()
    }
    return table.claims(bodies, commands)


def test_the_table_claims_no_more_than_is_measured(
    measured: table.Claims, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("write_table"):
        seeds = ", ".join(map(str, sources.SEEDS))
        PAGE.write_text(table.rendered(measured, seeds, lambda kind: TIERS.get(kind, "-")))
    claimed = table.read(PAGE.read_text())
    assert len(claimed) > 100, f"{PAGE} holds no table; `make detection-table` writes it"
    # Other seeds issue other cases, of which the page tells nothing.
    columns = [table.CORPUS, *([table.SEEDS] if sources.SEEDS == sources.DEFAULT else [])]
    if wrong := table.too_much(claimed, measured, columns):
        pytest.fail(
            "`make detection-table` writes what is true:\n" + "\n".join(wrong), pytrace=False
        )


def test_a_claim_that_is_too_high_is_told() -> None:
    row = ("Disguised values", "zero_width")
    page = "## Disguised values\n\n| `zero_width` | 6 of 7 (85 %) | - |\n"
    assert table.read(page) == {row: {table.CORPUS: (6, 7)}}
    for got, wrong in (((6, 7), 0), ((7, 7), 0), ((5, 7), 1)):
        measured = {row: {table.CORPUS: got}}
        assert len(table.too_much(table.read(page), measured, [table.CORPUS])) == wrong
    assert len(table.too_much(table.read(page), {}, [table.CORPUS])) == 1
