"""An agent of the real Agents SDK whose model and tools are both behind the gateway."""

import dataclasses
from collections.abc import Generator, Sequence
from typing import Any

import httpx2
from agents import (
    Agent,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    RunResult,
    RunState,
    Tool,
)
from agents.mcp import MCPServerStreamableHttp
from gateway import Gateway
from model_server import Heard, ModelServer
from openai import AsyncOpenAI
from waiting import until


@dataclasses.dataclass
class Run:
    """A run of the agent that came to its end."""

    said: str
    #: What the model was sent, request by request.
    heard: list[Heard]
    #: The raw events of the model, of a streamed run.
    events: list[Any]

    @property
    def read(self) -> list[str]:
        """What the model read as results of its tool calls."""
        return self.heard[-1].tool_outputs


class PerRequest(httpx2.Auth):
    """Puts the token that the worker has at that moment on each request."""

    def __init__(self, worker: "Worker") -> None:
        self._worker = worker

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        if self._worker.token:
            request.headers["authorization"] = f"Bearer {self._worker.token}"
        yield request


class Worker:
    """`subject` is the principal of all its calls, and the name of its model's script."""

    def __init__(self, gateway: Gateway, model: ModelServer, subject: str) -> None:
        self.gateway = gateway
        self.subject = subject
        self.token = gateway.token(subject)
        self.authorization = PerRequest(self)
        #: What the model was sent in the last run, also in one that failed.
        self.heard: list[Heard] = []
        #: The tools that the SDK asked about before it called them, and what it is told.
        self.asked: list[str] = []
        self.agrees = True
        self._model = model

    async def _present_token(self) -> str:
        return self.token

    def play(self, *turns: Any) -> list[Heard]:
        """Sets what its model does; what that model hears is appended to the list."""
        self.heard = self._model.play(self.subject, *turns)
        return self.heard

    def tools(
        self, path: str = "/mcp", wait: int | None = None, **options: Any
    ) -> MCPServerStreamableHttp:
        """The tool server; `wait` is how many seconds of silence the caller can bear on hold."""
        place = {"url": f"{self.gateway.url}{path}", "auth": self.authorization}
        if wait is not None:
            place["headers"] = {"x-gatehouse-wait": str(wait)}
        return MCPServerStreamableHttp(place, **options)

    async def run(
        self,
        prompt: str,
        *turns: Any,
        tools: MCPServerStreamableHttp | None = None,
        functions: Sequence[Tool] = (),
        chat: bool = False,
        streamed: bool = False,
        headers: dict[str, str] | None = None,
        instructions: str = "Look after the customers.",
    ) -> Run:
        """Runs the agent on a prompt; `turns` is what its model does, `headers` go to the model."""
        heard = self.play(*turns)
        kind = OpenAIChatCompletionsModel if chat else OpenAIResponsesModel
        base_url, api_key = f"{self.gateway.url}/v1", self._present_token
        client = AsyncOpenAI(base_url=base_url, api_key=api_key, default_headers=headers)
        async with client:
            agent = Agent(
                self.subject,
                instructions=instructions,
                model=kind(model=self.subject, openai_client=client),
                mcp_servers=[tools] if tools else [],
                tools=list(functions),
            )
            if not streamed:
                result = await Runner.run(agent, prompt)
                while result.interruptions:
                    result = await Runner.run(agent, self._decided(result))
                return Run(result.final_output, heard, [])
            streaming = Runner.run_streamed(agent, prompt)
            events = [event async for event in streaming.stream_events()]
            raw = [event.data for event in events if event.type == "raw_response_event"]
            return Run(streaming.final_output, heard, raw)

    def _decided(self, result: RunResult) -> RunState[Any]:
        state = result.to_state()
        for call in result.interruptions:
            self.asked.append(call.name)
            state.approve(call) if self.agrees else state.reject(call)
        return state

    def model_records(self, count: int) -> list[dict[str, Any]]:
        """The records of the calls to the model, once there are so many; never more."""

        def enough() -> list[dict[str, Any]] | None:
            mine = self.gateway.records(self.subject)
            found = [one for one in mine if one["kind"] == "openai"]
            return found if len(found) >= count else None

        found = until(f"{count} records of {self.subject}'s model", enough)
        assert len(found) == count, f"{len(found)} calls of the model were recorded, not {count}"
        return sorted(found, key=lambda one: one["started_ms"])
