"""An upstream that says back what it is told, in what its callers speak."""

import json

from upstream import Handler


class Speaking(Handler):
    """As `Handler`, and a tool of an MCP server and a model, which repeat what they are given."""

    def said(self, sent: bytes) -> tuple[str, bytes]:
        path = self.path.partition("?")[0]
        if path == "/mcp":
            return _tool(json.loads(sent))
        if path == "/v1/chat/completions":
            return _model(json.loads(sent))
        if path == "/find":
            return "application/x-www-form-urlencoded", self.path.partition("?")[2].encode()
        if path == "/heads":
            return "text/plain", self.headers["x-note"].encode("latin-1")
        if path.startswith("/held") or path == "/refused":
            return self.headers.get("content-type", "application/octet-stream"), sent
        return super().said(sent)


def _tool(asked: dict) -> tuple[str, bytes]:
    text = asked["params"]["arguments"]["text"]
    result = {"content": [{"type": "text", "text": text}]}
    answer = {"jsonrpc": "2.0", "id": asked["id"], "result": result}
    return "application/json", json.dumps(answer).encode()


def _model(asked: dict) -> tuple[str, bytes]:
    text = asked["messages"][0]["content"]
    choice = {"index": 0, "finish_reason": "stop"}
    if asked.get("stream"):
        whole = {**choice, "delta": {"role": "assistant", "content": text}}
        event = {"id": "c1", "object": "chat.completion.chunk", "choices": [whole]}
        return "text/event-stream", f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()
    message = {"role": "assistant", "content": text}
    answer = {"id": "c1", "object": "chat.completion", "choices": [{**choice, "message": message}]}
    return "application/json", json.dumps(answer).encode()
