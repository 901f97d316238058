"""What would become of a call, asked of the gateway without making the call."""

import dataclasses
from typing import Any, Literal

import httpx2

_HEADER = "x-gatehouse-dry-run"
_SECONDS = 10.0


class DryRunError(Exception):
    """The gateway did not say: no valid token, too many dry runs this minute, no gateway at all."""


@dataclasses.dataclass(frozen=True)
class Decision:
    """What the gateway would do by its rules. The call itself is judged again when it comes."""

    decision: Literal["allow", "redact", "hold", "deny"]
    #: The code of a refusal, such as `denied`, and `pending` for a hold.
    reason: str | None
    rule: str | None
    message: str | None
    #: Names the dry run in the gateway's records.
    ref: str


async def ask(
    method: str, url: str, auth: httpx2.Auth, headers: dict[str, str], body: Any | None
) -> Decision:
    """Sends the very call with the header that keeps it from being made."""
    headers = {**headers, _HEADER: "true"}
    try:
        async with httpx2.AsyncClient(auth=auth, timeout=_SECONDS) as client:
            answer = await client.request(method, url, headers=headers, json=body)
    except httpx2.HTTPError as error:
        raise DryRunError(f"the gateway did not answer the dry run: {error}") from error
    # No upstream can send this header through a gateway; without it nobody judged anything.
    if answer.status_code != httpx2.codes.OK or answer.headers.get(_HEADER) != "true":
        reason = answer.headers.get("x-gatehouse-reason", "not a dry run's answer")
        raise DryRunError(f"the gateway answered the dry run with {answer.status_code} ({reason})")
    told = answer.json()
    return Decision(**{field.name: told[field.name] for field in dataclasses.fields(Decision)})
