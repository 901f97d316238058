"""A program that a guide shows, as it stands there, in a process of its own."""

import asyncio
import dataclasses
import os
import pathlib
import re
import sys

from gateway import ROOT
from javascript_sdk import installed
from worker import Worker


@dataclasses.dataclass(frozen=True)
class Program:
    interpreter: str
    file: pathlib.Path
    environment: dict[str, str]

    def use_chat_completions(self) -> None:
        text = self.file.read_text()
        assert text.count("OpenAIResponsesModel") == 2
        self.file.write_text(text.replace("OpenAIResponsesModel", "OpenAIChatCompletionsModel"))

    async def prints(self, prompt: str) -> str:
        process = await asyncio.create_subprocess_exec(
            self.interpreter,
            str(self.file),
            prompt,
            env=self.environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, errors = await asyncio.wait_for(process.communicate(), 120)
        assert process.returncode == 0, errors.decode()
        return out.decode().strip()


def shown(guide: str, language: str, worker: Worker, folder: pathlib.Path) -> Program:
    """The first program in that language, `python` or `js`, for this worker."""
    text = (ROOT / "docs" / "guide" / guide).read_text()
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    assert found, f"{guide} shows no {language}"
    file = folder / ("agent.py" if language == "python" else "agent.mjs")
    file.write_text(found[1])
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(worker.token + "\n")
    interpreter = sys.executable
    if language == "js":
        node, packages = installed()
        interpreter = str(node)
        (folder / "node_modules").symlink_to(packages / "node_modules")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    place = {"GATEWAY": worker.gateway.url, "TOKEN_FILE": str(token)}
    return Program(interpreter, file, {**kept, **place})
