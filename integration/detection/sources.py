"""Where cases come from: the corpus, and what is issued anew by each seed."""

import os

import cases
from cases import CommandCase, MaskingCase
from reissue.commands import command_cases
from reissue.masking import masking_cases

#: The same ones each time, so that a failure means a change; others by GATEHOUSE_SEED=7,8,9.
DEFAULT = (11, 23, 47)
_CHOSEN = os.environ.get("GATEHOUSE_SEED")
SEEDS = tuple(map(int, _CHOSEN.split(","))) if _CHOSEN else DEFAULT
NAMES = ("corpus", *(f"seed-{seed}" for seed in SEEDS))


def masking(name: str) -> list[MaskingCase]:
    return cases.masking_corpus() if name == "corpus" else masking_cases(_seed(name))


def commands(name: str) -> list[CommandCase]:
    return cases.command_corpus() if name == "corpus" else command_cases(_seed(name))


def _seed(name: str) -> int:
    return int(name.removeprefix("seed-"))
