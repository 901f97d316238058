"""Tools of the agent's own that ask a plain HTTP API behind the gateway.

The model reads the body of every answer, whatever its status.
"""

from typing import Any

import httpx2
from agents import Tool, function_tool
from order import Answer, Order
from worker import Worker


def customer_tools(worker: Worker, order: Order, answers: list[Answer]) -> list[Tool]:
    wait, ask_first = order.wait, order.agree is not None
    headers = {} if wait is None else {"x-gatehouse-wait": str(wait)}
    client = {"base_url": f"{worker.gateway.url}/api", "auth": worker.authorization}

    async def ask(method: str, path: str, content: Any = None) -> str:
        async with httpx2.AsyncClient(**client, headers=headers, timeout=(wait or 4) + 5) as api:
            response = await api.request(method, path, json=content)
        answers.append(Answer(response.status_code, dict(response.headers), response.text))
        return response.text

    @function_tool(needs_approval=ask_first)
    async def read_customer(id: int) -> str:
        """Read a customer."""
        return await ask("GET", f"/customers/{id}")

    @function_tool(needs_approval=ask_first)
    async def delete_customer(id: int) -> str:
        """Delete a customer."""
        return await ask("DELETE", f"/customers/{id}")

    @function_tool(needs_approval=ask_first)
    async def query_db(sql: str) -> str:
        """Query the database."""
        return await ask("POST", "/query", {"sql": sql})

    return [read_customer, delete_customer, query_db]
