"""Tools whose output schemas say more of personal data than its type."""

from database import Database
from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel, ConfigDict, Field


class Contact(BaseModel):
    """What is masked keeps within these limits: the members, their types, and a least length."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1)
    email: str = Field(min_length=12)
    card: int = Field(ge=0)
    ssns: list[str] = Field(min_length=1, max_length=1)
    note: str | None


class Identity(BaseModel):
    """No mark has this form."""

    ssn: str = Field(pattern=r"^\d{3}-\d{2}-\d{4}$")


def add(server: MCPServer, database: Database) -> None:
    @server.tool()
    def read_contact(id: int) -> Contact:
        """Read how a customer is reached and pays."""
        row = database.customer(id) or {}
        number, ssns = int(row["card"]), [row["ssn"]]
        return Contact(name=row["name"], email=row["email"], card=number, ssns=ssns, note=None)

    @server.tool()
    def read_identity(id: int) -> Identity:
        """Read the social security number of a customer."""
        row = database.customer(id) or {}
        return Identity(ssn=row["ssn"])
