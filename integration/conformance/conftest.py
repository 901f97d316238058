"""What both halves of the comparison share: fetched sources, and one gateway with no rules."""

import os
import pathlib
import sys

import pytest

sys.path.append(str(pathlib.Path(__file__).parents[1] / "agents"))

from gateway import ROOT  # noqa: E402

#: No rules and no patterns: what differs is what the gateway changes by itself.
ALLOW_ALL = ["--bundle", str(ROOT / "policy-bundles" / "allow-all")]


@pytest.fixture(scope="session")
def tools() -> pathlib.Path:
    """What integration/tools/conformance.sh left."""
    folder = pathlib.Path(os.environ.get("CONFORMANCE") or ROOT / "target/tools/conformance")
    assert folder.is_dir(), f"`{folder}` is missing; run integration/tools/conformance.sh"
    return folder


@pytest.fixture(scope="session")
def source(tools: pathlib.Path) -> pathlib.Path:
    """Of the mcp library."""
    return tools / "mcp"
