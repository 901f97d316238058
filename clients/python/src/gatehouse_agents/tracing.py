"""Traces through the gateway: they hold what tools were given and gave back, to be masked there."""

from agents.tracing.processors import BackendSpanExporter

from .token import TokenSource, current_in_thread


class TraceExporter(BackendSpanExporter):
    """The SDK's exporter, to the gateway and with a token for each request."""

    def __init__(self, endpoint: str, token: TokenSource) -> None:
        super().__init__(endpoint=endpoint)
        self._token: TokenSource = token

    @property
    def api_key(self) -> str:
        return current_in_thread(self._token)

    @api_key.setter
    def api_key(self, api_key: str | None) -> None:
        self._token = api_key or self._token

    # OpenAI's limits for traces hold behind the gateway, too.
    def _should_sanitize_for_openai_tracing_api(self) -> bool:
        return True
