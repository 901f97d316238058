"""Runs of cases through a gateway, each once, whichever tests ask for it."""

import dataclasses
import functools
import http.client
from collections.abc import Sequence

import judged
import masked
from cases import CommandCase, MaskingCase
from client import Client, Response
from figures import Figures
from upstream import Upstream


@dataclasses.dataclass(frozen=True)
class Mode:
    #: `echo`: the body goes there and back. `fetch`: only the answer has it.
    way: str
    #: Bytes in each chunk of the answer; 0 is an answer with a content-length.
    chunk: int

    def __str__(self) -> str:
        return f"{self.way}-{self.chunk or 'whole'}"


MODES = tuple(Mode(way, chunk) for way in ("echo", "fetch") for chunk in (0, 1, 7, 1000))


class Runner:
    """Cases of one kind through one gateway to one upstream."""

    def __init__(self, client: Client, upstream: Upstream) -> None:
        self._client = client
        self._upstream = upstream

    def mask(self, cases: Sequence[MaskingCase], mode: Mode) -> list[masked.Masked]:
        self._upstream.chunk = mode.chunk
        self._upstream.bodies = {one.id: (one.content_type, one.body) for one in cases}
        return self._client.each(functools.partial(self._masked, mode.way), cases)

    def _masked(self, way: str, case: MaskingCase) -> masked.Masked:
        try:
            if way == "fetch":
                answer = self._client.send("GET", f"/case/{case.id}", {}, None)
            else:
                kind = {"content-type": case.content_type}
                answer = self._client.send("POST", "/echo", kind, case.body)
        except (OSError, http.client.HTTPException):
            return masked.evaluate(case, 599, b"")
        return masked.evaluate(case, answer.status, answer.body)

    def judge(self, cases: Sequence[CommandCase]) -> Figures:
        self._upstream.seen.clear()
        answers = zip(cases, self._client.each(self._asked, cases), strict=True)
        seen = self._upstream.seen
        return judged.measure(
            (case, judged.decision(answer, case.id in seen)) for case, answer in answers
        )

    def _asked(self, case: CommandCase) -> Response | None:
        method, path, headers, body = judged.call(case)
        try:
            return self._client.send(method, path, {**headers, "x-case-id": case.id}, body)
        except (OSError, http.client.HTTPException):
            return None
