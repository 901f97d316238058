"""One run of an agent behind a gateway."""

import atexit
import dataclasses
import math
import threading
import uuid
from typing import Any

import httpx2
from agents import OpenAIResponsesModel, set_trace_processors
from agents.tracing.processors import BatchTraceProcessor
from openai import AsyncOpenAI

from . import dry_run
from .token import BearerAuth, TokenSource, current
from .tools import SLACK_SECONDS, Tools
from .tracing import TraceExporter


@dataclasses.dataclass(frozen=True)
class Gateway:
    """Its address, the caller's token, and what the exchanges of the run have in common."""

    url: str
    token: TokenSource = dataclasses.field(repr=False)
    #: Joins the run's exchanges to one session in the gateway's records.
    run: str = dataclasses.field(default_factory=lambda: uuid.uuid4().hex)
    #: How long a call may be held in silence; rules may end it sooner. Parts of a second are rounded up.
    wait_seconds: float = 60

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", self.url.rstrip("/"))
        if not math.isfinite(self.wait_seconds) or self.wait_seconds < 0:
            raise ValueError(f"`wait_seconds` is a number of seconds, not {self.wait_seconds}")

    def at(self, path: str) -> str:
        """The address of a path there. Without the `/` another host may get the token."""
        path = path.removeprefix(self.url)
        if not path.startswith("/"):
            raise ValueError(f"`{path}` is no path of the gateway: begin it with `/`")
        return self.url + path

    @property
    def auth(self) -> httpx2.Auth:
        return BearerAuth(self.token, self.url)

    def headers(self) -> dict[str, str]:
        """What says the run and the time to every part of the gateway."""
        return {"x-gatehouse-run": self.run, "x-gatehouse-wait": str(math.ceil(self.wait_seconds))}

    def http(self, **options: Any) -> httpx2.AsyncClient:
        """For tools that call an HTTP API behind the gateway."""
        options.setdefault("timeout", self.wait_seconds + SLACK_SECONDS)
        return httpx2.AsyncClient(
            base_url=self.url, auth=self.auth, headers=self.headers(), **options
        )

    def tools(self, path: str = "/mcp", interrupt: bool = False, **options: Any) -> Tools:
        """An MCP server; `options` are those of `MCPServerStreamableHttp`."""
        return Tools(self, path, interrupt, **options)

    def openai(self, path: str = "/v1", **options: Any) -> AsyncOpenAI:
        """A client of OpenAI's API; `options` are those of `AsyncOpenAI`."""
        options.setdefault("timeout", httpx2.Timeout(self.wait_seconds + 600.0, connect=5.0))
        key, headers = lambda: current(self.token), self.headers()
        return AsyncOpenAI(base_url=self.at(path), api_key=key, default_headers=headers, **options)

    def model(self, name: str, path: str = "/v1") -> OpenAIResponsesModel:
        return OpenAIResponsesModel(model=name, openai_client=self.openai(path))

    def route_traces(self, path: str = "/v1/traces/ingest") -> None:
        """All traces of this process from now on, in place of the SDK's way past the gateway."""
        processor = BatchTraceProcessor(TraceExporter(self.at(path), self.token))
        set_trace_processors([processor])
        # Sends what is left, for five seconds. The SDK does by `atexit`, which is after the end of
        # all executors, and an event loop needs one to look up a name for an async token.
        getattr(threading, "_register_atexit", atexit.register)(processor.shutdown, 5.0)

    async def dry_run(
        self, method: str, url: str, body: Any | None = None, headers: dict[str, str] | None = None
    ) -> dry_run.Decision:
        """What would become of this call; `url` is a path, or the whole of it."""
        headers = {**self.headers(), **(headers or {})}
        return await dry_run.ask(method, self.at(url), self.auth, headers, body)
