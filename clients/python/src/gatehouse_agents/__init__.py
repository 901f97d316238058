"""The OpenAI Agents SDK behind a Gatehouse gateway. All of it is comfort: agents work without."""

from .dry_run import Decision, DryRunError
from .gateway import Gateway
from .token import BearerAuth, TokenSource
from .tools import Tools
from .tracing import TraceExporter

__all__ = [
    "BearerAuth",
    "Decision",
    "DryRunError",
    "Gateway",
    "TokenSource",
    "Tools",
    "TraceExporter",
]
