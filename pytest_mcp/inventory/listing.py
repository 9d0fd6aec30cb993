"""What ``pytest-mcp list`` shows of each server: values that are safe to print, with names that stay."""

from dataclasses import dataclass

from pytest_mcp.inventory.display import describe, redact
from pytest_mcp.model.server import Server, Stdio
from pytest_mcp.model.text import inert_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One server as it is shown, in plain and in JSON; the fields are the keys."""

    id: str
    name: str
    state: str
    """``usable``, ``problem`` or ``disabled``."""
    transport: str | None
    """``stdio``, ``http`` or ``sse``; None for an entry with a problem."""
    remote: bool
    """Whether somebody else runs it."""
    path: str
    line: int
    runs: str | None
    """The command or url, secrets hidden, names of ``env`` and ``headers`` behind it."""
    problem: str | None
    env: tuple[str, ...]
    headers: tuple[str, ...]


def listed(server: Server) -> Listed:
    """The server without anything that must not be shown."""
    transport = server.transport
    launch = transport.launch if transport else None
    headers = () if transport is None or isinstance(transport, Stdio) else transport.headers
    problem = None if server.problem is None else inert_line(redact(server.problem, server.secrets), 1000)
    return Listed(
        id=server.id,
        name=server.name,
        state="disabled" if server.disabled else "problem" if problem else "usable",
        transport=transport.kind if transport else None,
        remote=server.remote,
        path=server.source.path,
        line=server.source.line,
        runs=describe(server) if transport else None,
        problem=problem,
        env=tuple(name for name, _ in launch.env) if launch else (),
        headers=tuple(name for name, _ in headers),
    )
