"""Carries out orders with the Agents SDK for Python."""

import contextlib
from typing import Any

from customers import customer_tools
from local_tools import local_tools
from model_server import Heard
from order import Answer, Order, Outcome, Problem
from worker import Worker


class Python:
    async def run(self, worker: Worker, order: Order, *turns: Any) -> Outcome:
        answers: list[Answer] = []
        called: list[str] = []
        said, problem, events = None, None, []
        worker.heard, worker.asked, worker.agrees = [], [], order.agree is True
        if order.later_token is not None:
            turns = (_switching(worker, order.later_token, turns[0]), *turns[1:])
        try:
            async with contextlib.AsyncExitStack() as stack:
                tools = None
                if order.path:
                    limit = {"client_session_timeout_seconds": order.patience or 5}
                    ask_first = "never" if order.agree is None else "always"
                    options = {**limit, "require_approval": ask_first}
                    tools = worker.tools(order.path, order.wait, **options)
                    await stack.enter_async_context(tools)
                functions = customer_tools(worker, order, answers) if order.api else []
                functions += local_tools(called) if order.local else []
                run = await worker.run(
                    order.prompt,
                    *turns,
                    tools=tools,
                    functions=functions,
                    chat=order.chat,
                    streamed=order.streamed,
                    headers=order.headers,
                )
                said, events = run.said, run.events
        except Exception as raised:  # What the SDK raises is what tests ask about.
            problem = _problem(raised)
        pieces = [one.delta for one in events if one.type == "response.output_text.delta"]
        written = [event.model_dump_json() for event in events]
        return Outcome(said, problem, pieces, written, answers, called, worker.asked, worker.heard)


def _switching(worker: Worker, token: str, turn: Any) -> Any:
    def switched(heard: Heard) -> Any:
        worker.token = token
        return turn

    return switched


def _problem(raised: Exception) -> Problem:
    while isinstance(raised, ExceptionGroup):
        raised = raised.exceptions[0]
    code, status = getattr(raised, "code", None), getattr(raised, "status_code", None)
    refusal = getattr(raised, "refusal", None)
    return Problem(type(raised).__name__, str(raised), code, status, refusal)
