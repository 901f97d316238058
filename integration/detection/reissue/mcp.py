"""Messages of MCP by the class of their risk, and other ways to write the same JSON."""

import json
from typing import Any

from . import shell, sql
from .draw import Draw

_DELETES = [
    "delete_repository", "drop_collection", "delete_file", "delete_customer", "remove_user",
    "purge_queue", "terminate_instance", "wipe_workspace",
]  # fmt: skip


def _call(draw: Draw, tool: str, arguments: dict[str, Any]) -> str:
    number = draw.choice([draw.randint(1, 99_999), draw.base62(8)])
    params = {"name": tool, "arguments": arguments}
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params})


def _statement(draw: Draw, risky: bool) -> str:
    rows = sql.RISKY if risky else sql.HARMLESS
    return sql.filled(
        draw, draw.choice([text for dialect, _, text in rows if dialect == "postgres"])
    )


def _query(draw: Draw, statement: str) -> dict[str, Any]:
    return draw.choice([
        {"query": statement}, {"sql": statement, "limit": 10},
        {"statements": ["SELECT 1", statement]}, {"job": {"text": statement, "name": "weekly"}},
    ])  # fmt: skip


def risky(draw: Draw) -> tuple[str, str | None, str]:
    number, word = draw.randint(1, 99_999), draw.noun()
    outside = draw.choice(["/etc/{}.d/x", "/root/.{}rc", "/srv/workshop/{}", "/usr/bin/{}"]).format(
        word
    )
    dots = draw.choice(
        ["../{}", "/srv/work/../{}", "notes/../../{}", "/srv/work/a/../../../etc/{}", "./../{}"]
    ).format(word)
    return draw.choice([
        ("tool_delete", None, _call(draw, draw.choice(_DELETES), {"id": number})),
        ("tool_delete", None, _call(draw, draw.choice(_DELETES), {"target": word, "force": True})),
        ("tool_payment", None, _call(draw, "send_payment", {"amount": number, "to": word})),
        ("tool_merge", None, _call(draw, "merge_pull_request", {"number": number})),
        ("tool_sql", None, _call(draw, "execute_sql", _query(draw, _statement(draw, True)))),
        ("tool_shell", None, _call(draw, "run_command", {"command": shell.risky(draw)[1]})),
        ("tool_sensitive_write", None, _call(draw, "write_file", {"path": outside, "content": word})),
        ("tool_sensitive_write", "dot-segments", _call(draw, "write_file", {"path": dots, "content": word})),
    ])  # fmt: skip


def _escaped(text: str) -> str:
    return "".join(f"\\u{ord(c):04x}" for c in text)


def disguised(draw: Draw) -> tuple[str, str, str]:
    tool, number, word = draw.choice(_DELETES), draw.randint(1, 99_999), draw.noun()
    whole = _call(draw, tool, {"id": number})
    hidden = f'"name": "get_{word}", "arguments": {{"id": {number}}}'
    head = f'"jsonrpc": "2.0", "id": {number}, "method": "tools/call"'
    safe = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
    command = json.dumps(f"{draw.choice(['sh -c', 'bash -c'])} 'r\"\"m -rf /srv/{word}'")
    return draw.choice([
        ("tool_delete", "unicode-escape", whole.replace(tool, _escaped(tool[:4]) + tool[4:])),
        ("tool_delete", "unicode-escape", whole.replace('"name"', f'"{_escaped("name")}"')),
        ("tool_delete", "unicode-escape", whole.replace("tools/call", f"tools{_escaped('/')}call")),
        ("tool_delete", "duplicate-key", f'{{{head}, "params": {{{hidden}, "name": "{tool}"}}}}'),
        ("tool_delete", "duplicate-key", f'{{{head}, "params": {{"name": "{tool}", {hidden}}}}}'),
        ("tool_delete", "key-order", f'{{"params": {{"arguments": {{"name": "get_{word}"}}, "name": "{tool}"}}, {head}}}'),
        ("tool_delete", "batch", f"[{safe}, {whole}]"),
        ("tool_delete", "whitespace", whole.replace(", ", ",\n\t ").replace(": ", " :\r\n ")),
        ("tool_shell", "quote-splitting", f'{{{head}, "params": {{"name": "run_command", "arguments": {{"command": {command}}}}}}}'),
    ])  # fmt: skip


def harmless(draw: Draw) -> tuple[str, str]:
    number, word = draw.randint(1, 99_999), draw.noun()
    inside = draw.choice(["/srv/work/{}.md", "/srv/work/notes/{}.txt", "work/{}.md"]).format(word)

    def other(method: str, params: dict[str, Any]) -> str:
        return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})

    return draw.choice([
        ("plain", _call(draw, "search_orders", {"query": word})),
        ("plain", other("tools/list", {})),
        ("plain", _call(draw, "execute_sql", {"query": _statement(draw, False)})),
        ("plain", _call(draw, "write_file", {"path": inside, "content": word})),
        ("plain", _call(draw, "run_command", {"command": shell.harmless(draw)[1]})),
        ("lookalike", _call(draw, "undelete_file", {"id": number})),
        ("lookalike", _call(draw, "list_removed_users", {"page": number})),
        ("lookalike", _call(draw, "get_payment", {"tool": "send_payment", "id": number})),
        ("lookalike", _call(draw, "read_file", {"path": f"docs/how-to-delete-{word}.md"})),
        ("lookalike", other("resources/read", {"uri": f"file:///purge_queue/{word}"})),
        ("lookalike", other("prompts/get", {"name": "delete_file", "arguments": {"topic": word}})),
        ("string-literal-mention", _call(draw, "add_comment", {"text": f"do not call wipe_workspace, {word}"})),
        ("string-literal-mention", _call(draw, "run_command", {"command": f"grep 'rm -rf' {word}"})),
    ])  # fmt: skip
