"""An MCP server behind the gateway, for the Agents SDK."""

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from agents import RunContextWrapper
from agents.agent import AgentBase
from agents.mcp import MCPServerStreamableHttp, MCPServerStreamableHttpParams, MCPUtil
from mcp.shared.dispatcher import CallOptions
from mcp_types import Tool

from .dry_run import Decision, DryRunError

if TYPE_CHECKING:
    from .gateway import Gateway

_log = logging.getLogger(__name__)
#: What an answer may take beyond the time that a call is held.
SLACK_SECONDS = 10.0

NeedsApproval = Callable[[RunContextWrapper[Any], dict[str, Any], str], Awaitable[bool]]


class Tools(MCPServerStreamableHttp):
    """With a token for each request, time for held calls, and the run's id.

    With `interrupt` the SDK asks the gateway before each tool call whether it would be held. If so
    the run is interrupted, as for any tool with `require_approval`, and no call waits.
    """

    def __init__(
        self, gateway: "Gateway", path: str, interrupt: bool = False, **options: Any
    ) -> None:
        self._gateway = gateway
        self._url = gateway.at(path)
        self._interrupt = interrupt
        seconds = gateway.wait_seconds + SLACK_SECONDS
        options.setdefault("client_session_timeout_seconds", seconds)
        options.setdefault("tool_meta_resolver", lambda _: {"gatehouse/run": gateway.run})
        params: MCPServerStreamableHttpParams = {"url": self._url, "headers": gateway.headers()}
        params |= {"auth": gateway.auth, "sse_read_timeout": max(300.0, seconds)}
        super().__init__(params, **options)

    async def dry_run(self, tool: str, arguments: dict[str, Any], meta: Any = None) -> Decision:
        """What would become of this call of a tool, with all that the session says in a call."""
        if self.session is None:
            raise DryRunError("connect to the tools first: a call says what was agreed on then")
        params = {"name": tool, "arguments": arguments, "_meta": {**(meta or {})}}
        message = {"jsonrpc": "2.0", "id": "dry-run", "method": "tools/call", "params": params}
        headers = {"accept": "application/json, text/event-stream"}
        if self.session_id:
            headers["mcp-session-id"] = self.session_id
        # The client, the version of the protocol, and headers: rules judge by them.
        self.session._stamp(message, CallOptions(headers=headers))
        return await self._gateway.dry_run("POST", self._url, message, headers)

    # The SDK's own `require_approval` is not told the arguments, and rules judge by them.
    def _get_needs_approval_for_tool(
        self, tool: Tool, agent: AgentBase[Any] | None
    ) -> bool | NeedsApproval:
        own = super()._get_needs_approval_for_tool(tool, agent)
        if not self._interrupt or own is True:
            return own

        async def needs_approval(
            context: RunContextWrapper[Any], arguments: dict[str, Any], call_id: str
        ) -> bool:
            if own is not False and await own(context, arguments, call_id):
                return True
            meta = await MCPUtil._resolve_meta(self, context, tool.name, arguments)
            try:
                return (await self.dry_run(tool.name, arguments, meta)).decision == "hold"
            except DryRunError as error:
                # The call is made, and waits if it has to.
                _log.warning("%s", error)
                return False

        return needs_approval
