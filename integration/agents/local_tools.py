"""Tools that run in the agent, where no gateway sees them called."""

from collections.abc import Callable, Sequence

from agents import FunctionTool, function_tool


def local_tools(
    called: list[str], names: Sequence[str] = ("wipe_disk", "pay")
) -> list[FunctionTool]:
    """Each appends its name and what it was given to the list."""

    def tool(name: str) -> Callable[[str], str]:
        def run(what: str) -> str:
            called.append(f"{name} {what}")
            return "done"

        return run

    return [
        function_tool(tool(name), name_override=name, description_override="A tool.")
        for name in names
    ]
