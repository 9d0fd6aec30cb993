"""The command that shows a person the same result again."""

import glob
import shlex
from collections.abc import Iterable

from pytest_mcp.model.run import Run

# What decides how servers are found and judged; selection, sharing, storage and output are not part of a result.
_WITH_VALUE = (
    "--mcp-config",
    "--mcp-timeout",
    "--mcp-fail-on",
    "--mcp-sandbox",
    "--mcp-deep-seconds",
    "-c",
    "--rootdir",
)
_ALONE = ("--mcp-deep",)


def rerun(run: Run, *, servers: Iterable[str] = (), nodeids: Iterable[str] = ()) -> str:
    """A shell command that repeats the run, or only some entries or tests of it, with the same seed."""
    only = [word for name in servers for word in ("--mcp-only", glob.escape(name))]
    words = ["pytest", "--mcp", *_kept(run.command), *only, "--mcp-seed", str(run.seed), *nodeids]
    return shlex.join(words)


def _kept(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        return []
    kept: list[str] = []
    for position, word in enumerate(words):
        option, _, value = word.partition("=")
        if word in _ALONE or (value and option in _WITH_VALUE):
            kept.append(word)
        elif word in _WITH_VALUE and position + 1 < len(words):
            kept += words[position : position + 2]
    return kept
