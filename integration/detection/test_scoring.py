"""The scoring itself: what nobody masked is told as leaked, what is cut out as masked."""

from collections.abc import Callable

import masked
import pytest
from cases import MaskingCase
from figures import Figures
from sources import NAMES


def _scored(answers: list[tuple[MaskingCase, str]]) -> Figures:
    return masked.measure(masked.evaluate(case, 200, text.encode()) for case, text in answers)


def _without_secrets(case: MaskingCase) -> str:
    text = case.text
    for secret in case.secrets:
        for piece in filter(None, (secret.surface, *secret.parts)):
            text = text.replace(piece, "0")
    return text


@pytest.fixture(scope="module", params=NAMES)
def labelled(
    request: pytest.FixtureRequest, masking_cases: Callable[[str], list[MaskingCase]]
) -> list[MaskingCase]:
    return masking_cases(request.param)


def test_an_untouched_body_leaks_every_secret_and_keeps_the_rest(
    labelled: list[MaskingCase],
) -> None:
    figures = _scored([(case, case.text) for case in labelled])
    assert not figures["recall"].hit, figures["recall"]
    for name in ("keep", "text_survival", "json_valid", "negatives_untouched"):
        assert figures[name].value == 1, f"{name}\n{figures[name].misses()}"


def test_a_body_without_its_secrets_leaks_none(labelled: list[MaskingCase]) -> None:
    figures = _scored([(case, _without_secrets(case)) for case in labelled])
    for name in ("recall", "text_survival", "json_valid"):
        assert figures[name].value == 1, f"{name}\n{figures[name].misses()}"


def test_a_refused_answer_leaks_nothing_and_keeps_nothing(labelled: list[MaskingCase]) -> None:
    figures = masked.measure(masked.evaluate(case, 403, b"") for case in labelled)
    assert figures["recall"].value == 1
    assert not figures["not_blocked"].hit and not figures["keep"].hit
    assert not figures["text_survival"].hit
