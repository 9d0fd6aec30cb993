"""The unit suite over the example fleet against a plain script that starts, lists and closes the same servers.

``python tests/benchmarks/unit_suite.py --rounds 5``; both start as many servers at once. ``--only`` leaves servers out.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from pytest_mcp.client.fleet import start_limit
from pytest_mcp.inventory import read_inventory
from pytest_mcp.model.server import Server, Stdio
from pytest_mcp.results import load_run_file
from pytest_mcp.settings import read_settings
from tests.benchmarks.bars import Bar, in_turns, report

FLEET = Path(__file__).parents[2] / "examples" / "fleet"
LISTS = ("tools", "resources", "prompts")


class Plain:
    """The least that can be called a client."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process, self._number = process, 0

    async def ask(self, method: str, params: dict[str, Any] | None = None) -> Any:
        """Send a request and read up to its reply."""
        self._number += 1
        self.tell({"jsonrpc": "2.0", "id": self._number, "method": method, "params": params or {}})
        assert self._process.stdout
        while True:
            reply = json.loads(await self._process.stdout.readline())
            if reply.get("id") == self._number and "method" not in reply:
                return reply.get("result") or {}

    def tell(self, message: dict[str, Any]) -> None:
        """Send a message."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\n")


async def start_list_close(server: Server, limit: asyncio.Semaphore) -> None:
    """One server, from start to exit."""
    assert isinstance(server.transport, Stdio)
    launch = server.transport.launch
    cwd = Path(launch.cwd or FLEET)
    command = str(cwd / launch.command) if "/" in launch.command else launch.command
    async with limit:
        process = await asyncio.create_subprocess_exec(
            command,
            *launch.args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd=cwd,
            env={**os.environ, **dict(launch.env)},
            limit=64 * 1024 * 1024,
        )
        plain = Plain(process)
        client = {"name": "plain", "version": "1"}
        shaken = await plain.ask(
            "initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        )
        plain.tell({"jsonrpc": "2.0", "method": "notifications/initialized"})
        for name in LISTS:
            if name in shaken["capabilities"]:
                await plain.ask(f"{name}/list")
    assert process.stdin
    process.stdin.close()
    await process.wait()


async def _all(servers: list[Server]) -> None:
    limit = asyncio.Semaphore(start_limit())
    await asyncio.gather(*(start_list_close(server, limit) for server in servers))


def plain_script(servers: list[Server]) -> float:
    """Seconds of the plain script, its own start not counted: that favours it."""
    began = time.perf_counter()
    asyncio.run(_all(servers))
    return time.perf_counter() - began


def entry(server: Server) -> dict[str, Any]:
    """The server's config entry with every path made absolute, for a project of its own without other transports."""
    assert isinstance(server.transport, Stdio)
    launch = server.transport.launch
    cwd = Path(launch.cwd or FLEET)
    command = str(cwd / launch.command) if "/" in launch.command else launch.command
    return {"command": command, "args": list(launch.args), "env": dict(launch.env), "cwd": str(cwd)}


def unit_suite(project: Path, servers: list[Server], database: tuple[str, ...]) -> float:
    """Seconds of the whole pytest process, and proof that it tested all of them."""
    command = [sys.executable, "-m", "pytest", "-q", "--mcp", "--mcp-suite", "unit", *database]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    subprocess.run(command, cwd=project, env=env, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - began
    run = load_run_file(project / "reports" / "latest" / "results.ndjson")
    assert {server.id for server in run.servers if server.connected} == {server.id for server in servers}
    return seconds


def main() -> None:
    """Both, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", action="append", help="a server's name or a glob")
    parser.add_argument("--without-database", action="store_true")
    options = parser.parse_args()
    settings = read_settings({"mcp_only": options.only}, FLEET, {})
    inventory = read_inventory(settings, FLEET, os.environ)
    servers = [server for server in inventory.servers if isinstance(server.transport, Stdio)]
    database = ("--mcp-db", "none") if options.without_database else ()
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        (project / ".mcp.json").write_text(json.dumps({"mcpServers": {each.name: entry(each) for each in servers}}))
        unit_suite(project, servers, database)  # makes the database, once in a project's life
        ours, theirs = in_turns(
            options.rounds, lambda: unit_suite(project, servers, database), lambda: plain_script(servers)
        )
    report(Bar(name=f"unit suite, {len(servers)} servers", ours=ours, theirs=theirs, unit="s", at_most=1.3))


if __name__ == "__main__":
    main()
