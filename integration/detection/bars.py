"""What the gateway must reach."""

import dataclasses
import operator

from figures import Figures


@dataclasses.dataclass(frozen=True)
class Bar:
    figure: str
    sign: str
    value: float

    def __str__(self) -> str:
        return f"{self.figure} {self.sign} {self.value:g}"

    def failure(self, figures: Figures, run: str) -> str | None:
        """None, or what to say: the figure, the bar, and the kinds and ids that are missing."""
        share = figures.get(self.figure)
        if share is None or not share.of:
            return f"{run}: there is no {self.figure}; no case counts towards it"
        holds = {">=": operator.ge, "<=": operator.le}[self.sign](share.value, self.value)
        if holds:
            return None
        what = f"{self.figure} is {share.value:.4f} ({share.hit:g} of {share.of})"
        return f"{run}: {what}, must be {self.sign} {self.value:g}\n{share.misses()}"


MASKING = (
    Bar("not_blocked", ">=", 1),
    Bar("text_survival", ">=", 0.99),
    Bar("recall.core", ">=", 0.97),
    Bar("recall.extended", ">=", 0.95),
    Bar("recall.evasion", ">=", 0.7),
    Bar("evasion.chunk_edge", ">=", 0.99),
    Bar("evasion.json_unicode_escape", ">=", 0.95),
    Bar("keep", ">=", 0.99),
    Bar("precision", ">=", 0.98),
    Bar("json_valid", ">=", 1),
    Bar("negatives_untouched", ">=", 0.98),
)

COMMANDS = (
    Bar("recall.sql", ">=", 0.97),
    Bar("fpr.sql", "<=", 0.02),
    Bar("recall.http", ">=", 0.97),
    Bar("fpr.http", "<=", 0.01),
    Bar("recall.mcp", ">=", 0.97),
    Bar("fpr.mcp", "<=", 0.02),
    Bar("recall.shell", ">=", 0.85),
    Bar("fpr.shell", "<=", 0.05),
)
