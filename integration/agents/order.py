"""One run of an agent as an order, and what the model and the program that started it got to see.

`Python` (python_sdk.py) and `JavaScript` (javascript_sdk.py) carry out the same orders, each with
its own Agents SDK, and put the token on every request anew.
"""

import dataclasses

from model_server import Heard


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    prompt: str = "Look after the customers."
    #: Where the MCP server is, behind the gateway; `None`: the agent has none.
    path: str | None = None
    #: Whether the agent has tools of its own that ask the JSON API at /api.
    api: bool = False
    #: Whether the agent has tools that run in itself: `wipe_disk` and `pay`, each with a text `what`.
    local: bool = False
    #: Seconds a call of a tool may be held in silence, as the gateway is told.
    wait: int | None = None
    #: Seconds after which the MCP client gives a call up; `None`: its own default.
    patience: int | None = None
    chat: bool = False
    streamed: bool = False
    #: Go to the model.
    headers: dict[str, str] | None = None
    #: What the program says when the SDK asks it before each call; `None`: it need not be asked.
    agree: bool | None = None
    #: Takes the place of the worker's token once the model has answered for the first time.
    later_token: str | None = None


@dataclasses.dataclass(frozen=True)
class Answer:
    """What an agent's own tool got from the JSON API."""

    status: int
    #: Lower-case names.
    headers: dict[str, str]
    text: str


@dataclasses.dataclass(frozen=True)
class Problem:
    """The exception that ended the run."""

    name: str
    message: str
    code: str | None = None
    status: int | None = None
    refusal: str | None = None


@dataclasses.dataclass(frozen=True)
class Outcome:
    said: str | None
    problem: Problem | None
    #: The pieces of text of a streamed run, in order.
    pieces: list[str]
    #: Its raw events, as JSON.
    events: list[str]
    answers: list[Answer]
    #: What its local tools were called with, as `pay 100 to ben`.
    called: list[str]
    #: The tools that the SDK asked the program about.
    asked: list[str]
    #: What the model was sent, request by request.
    heard: list[Heard]

    @property
    def read(self) -> list[str]:
        """What the model read as results of its tool calls."""
        return self.heard[-1].tool_outputs
