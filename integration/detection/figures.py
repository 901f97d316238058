"""Shares by name, and which cases they miss."""

import collections
import dataclasses

#: Ids that a message names of each kind that was missed.
_SHOWN = 6


@dataclasses.dataclass
class Share:
    hit: float = 0
    of: int = 0
    #: The ids of the cases that missed, by kind.
    missed: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    @property
    def value(self) -> float:
        return self.hit / self.of if self.of else 0.0

    def count(self, hit: float, kind: str, case: str) -> None:
        self.hit += hit
        self.of += 1
        if hit < 1:
            self.missed.setdefault(kind, []).append(case)

    def misses(self) -> str:
        """The kinds that were missed, those with the most cases first, and some of their ids."""
        kinds = sorted(self.missed.items(), key=lambda item: (-len(item[1]), item[0]))
        return "\n".join(f"  {kind}: {len(ids)} ({_some(ids)})" for kind, ids in kinds)


def _some(ids: list[str]) -> str:
    names = list(dict.fromkeys(ids))
    return " ".join(names[:_SHOWN]) + (" ..." if len(names) > _SHOWN else "")


class Figures(collections.defaultdict[str, Share]):
    def __init__(self) -> None:
        super().__init__(Share)

    def with_prefix(self, prefix: str) -> dict[str, Share]:
        return {k.removeprefix(prefix): v for k, v in sorted(self.items()) if k.startswith(prefix)}
