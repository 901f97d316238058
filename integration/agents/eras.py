"""A tool server in one of the two eras of MCP, and where it is behind the gateway."""

from typing import NamedTuple

from tool_server import ToolServer


class Era(NamedTuple):
    path: str
    server: ToolServer
