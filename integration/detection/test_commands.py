"""Every bar of commands; what arrived at the upstream decides."""

from collections.abc import Callable

import pytest
from bars import COMMANDS, Bar
from figures import Figures
from sources import NAMES


@pytest.mark.parametrize("bar", COMMANDS, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_commands(judged_figures: Callable[[str], Figures], name: str, bar: Bar) -> None:
    if failure := bar.failure(judged_figures(name), name):
        pytest.fail(failure, pytrace=False)
