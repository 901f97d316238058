"""A gateway that masks and one that judges, each with a neutral upstream behind it."""

import functools
import pathlib
import sys
from collections.abc import Callable, Iterator

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "agents"))

import masked  # noqa: E402
import sources  # noqa: E402
from cases import MaskingCase  # noqa: E402
from client import Client  # noqa: E402
from figures import Figures  # noqa: E402
from gateway import ROOT, Gateway  # noqa: E402
from runs import Mode, Runner  # noqa: E402
from upstream import Upstream  # noqa: E402


def _runner(folder: pathlib.Path, *bundles: str) -> Iterator[Runner]:
    upstream = Upstream()
    chosen = [
        part for name in bundles for part in ("--bundle", str(ROOT / "policy-bundles" / name))
    ]
    try:
        gateway = Gateway(folder, "--upstream", f"/={upstream.url}", *chosen)
        try:
            yield Runner(Client(gateway.url, gateway.token("detection")), upstream)
        finally:
            gateway.stop()
    finally:
        upstream.stop()


@pytest.fixture(scope="session")
def masking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    yield from _runner(tmp_path_factory.mktemp("masking"), "secrets", "personal-data")


@pytest.fixture(scope="session")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    yield from _runner(tmp_path_factory.mktemp("judging"), "reference")


@pytest.fixture(scope="session")
def masking_cases() -> Callable[[str], list[MaskingCase]]:
    return functools.cache(sources.masking)


@pytest.fixture(scope="session")
def masked_figures(
    masking: Runner, masking_cases: Callable[[str], list[MaskingCase]]
) -> Callable[[str, Mode], Figures]:
    @functools.cache
    def of(name: str, mode: Mode) -> Figures:
        return masked.measure(masking.mask(masking_cases(name), mode))

    return of


@pytest.fixture(scope="session")
def judged_figures(judging: Runner) -> Callable[[str], Figures]:
    @functools.cache
    def of(name: str) -> Figures:
        return judging.judge(sources.commands(name))

    return of


def pytest_addoption(parser: pytest.Parser) -> None:
    about = "write docs/reference/evasions.md from this run"
    parser.addoption("--write-table", action="store_true", help=about)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    chosen = ",".join(map(str, sources.SEEDS))
    terminalreporter.write_line(f"seeds: {chosen} (GATEHOUSE_SEED=1,2,3 takes others)")
