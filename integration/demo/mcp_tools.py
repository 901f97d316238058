"""The customer database as MCP tools. Their output schemas come from the return types."""

from typing import Any

from database import Database
from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel


class Customer(BaseModel):
    id: int
    name: str
    email: str
    city: str
    ssn: str
    card: str
    balance_cents: int


def build(database: Database) -> MCPServer:
    server = MCPServer("customers", log_level="WARNING")

    @server.tool()
    def query_db(sql: str) -> list[dict[str, Any]]:
        """Run one SQL statement on the customer database (tables: customers, orders)."""
        return database.run(sql)

    @server.tool()
    def read_customer(id: int) -> Customer:
        """Read everything known about one customer."""
        row = database.customer(id)
        if row is None:
            raise ValueError(f"no customer has the id {id}")
        return Customer(**row)

    @server.tool()
    def delete_customer(id: int) -> str:
        """Delete a customer and all of their orders."""
        if not database.delete_customer(id):
            raise ValueError(f"no customer has the id {id}")
        return f"customer {id} deleted"

    return server
