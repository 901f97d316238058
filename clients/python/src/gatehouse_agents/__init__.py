"""The OpenAI Agents SDK behind a Gatehouse gateway. All of it is comfort: agents work without."""

from .dry_run import Decision as Decision, DryRunError as DryRunError
from .gateway import Gateway as Gateway
from .token import BearerAuth as BearerAuth, TokenSource as TokenSource
from .tools import Tools as Tools
from .tracing import TraceExporter as TraceExporter
