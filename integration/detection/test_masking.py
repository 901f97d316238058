"""Every bar of masking, in each way a body can travel."""

from collections.abc import Callable

import pytest
from bars import MASKING, Bar
from figures import Figures
from runs import MODES, Mode
from sources import NAMES


@pytest.mark.parametrize("bar", MASKING, ids=str)
@pytest.mark.parametrize("mode", MODES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_masking(
    masked_figures: Callable[[str, Mode], Figures], name: str, mode: Mode, bar: Bar
) -> None:
    if failure := bar.failure(masked_figures(name, mode), f"{name}, {mode}"):
        pytest.fail(failure, pytrace=False)
