"""Waiting for a condition, with a deadline: no test sleeps and hopes."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: Seconds. Enough for a busy machine with two cores; a wait ends as soon as its condition holds.
SOON = 30.0
_STEP = 0.03


def until(what: str, condition: Callable[[], T | None], seconds: float = SOON) -> T:
    """The condition's first value that is true."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(_STEP)


async def soon(what: str, condition: Callable[[], T | None], seconds: float = SOON) -> T:
    """As `until`, while the other tasks of the event loop go on."""
    return await asyncio.to_thread(until, what, condition, seconds)
