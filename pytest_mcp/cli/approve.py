"""``pytest-mcp approve``: look at what servers say of themselves now, and keep it as what was agreed to."""

import getpass
import os
from datetime import UTC, datetime
from pathlib import Path

import click

from pytest_mcp.cli.project import json_option, root
from pytest_mcp.cli.tables import print_json
from pytest_mcp.errors import McpError, UsageError
from pytest_mcp.model.approval import Approved
from pytest_mcp.model.server import Server
from pytest_mcp.model.text import inert, inert_line
from pytest_mcp.settings import read_settings


@click.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every configured server.")
@click.option("--mcp-config", "config", metavar="PATH", multiple=True, help="Config file to read (repeatable).")
@json_option
def approve(names: tuple[str, ...], everything: bool, config: tuple[str, ...], as_json: bool) -> None:
    """Start servers, show what changed since they were approved, and write mcp-lock.json.

    NAMES are servers or globs. From then on `pytest --mcp` reports every definition that is another one
    (check definitions-approved).
    """
    from pytest_mcp.inventory import read_inventory
    from pytest_mcp.inventory.lock import LOCK, lock_text, read_lock
    from pytest_mcp.results.whole import write_whole

    folder = root()
    if not names and not everything:
        raise UsageError("name the servers to approve, or approve all of them with --all; pytest-mcp list shows them")
    settings = read_settings({"mcp_config": config, "mcp_only": names}, folder, os.environ)
    inventory = read_inventory(settings, folder, os.environ)
    known = read_lock(folder)
    fresh, lost = _looked_at(folder, inventory.servers, settings.timeout)
    changes = {each.server: _changes(known.get(each.server), each) for each in fresh}
    path = folder / LOCK
    if fresh:
        kept = {**known, **{each.server: each for each in fresh if changes[each.server] or each.server not in known}}
        try:
            write_whole(path, lock_text(kept.values()))
        except OSError as error:
            raise UsageError(f"{path}: cannot be written, nothing is approved: {error.strerror}") from None
    if as_json:
        print_json({"file": LOCK, "approved": changes, "not_reached": lost})
    else:
        _tell(changes, known, lost)
    if lost:
        raise McpError(f"{', '.join(map(inert_line, lost))}: not approved; the others are, in {path}")


def _looked_at(folder: Path, servers: tuple[Server, ...], timeout: float) -> tuple[list[Approved], dict[str, str]]:
    """What every server that can be reached says of itself, and why the others cannot."""
    from pytest_mcp.client import Fleet
    from pytest_mcp.inventory.lock import approval

    fleet, now, who = Fleet(folder, timeout=timeout), datetime.now(UTC), getpass.getuser()
    fresh: list[Approved] = []
    lost = {server.id: server.problem or "cannot be used" for server in servers if server.transport is None}
    by_id = {server.id: server for server in servers if server.transport is not None}
    try:
        for interface in fleet.connect_all(list(by_id.values())):
            server = by_id[interface.server]
            if interface.connected:
                fresh.append(approval(interface, fleet.secrets_of(server), by=who, at=now))
            else:
                lost[server.id] = interface.failure.reason if interface.failure else "did not connect"
    finally:
        fleet.close()
    return sorted(fresh, key=lambda each: each.server), lost


def _changes(before: Approved | None, now: Approved) -> list[str]:
    """What is told of a server: everything it has when it is new, else what differs, each with its diff."""
    from pytest_mcp.checks.approved import drift

    if before is None:
        return [f"new: {len(now.definitions)} definitions"]
    return [
        "\n".join(filter(None, (f"{each.element} {each.title}".strip(), each.evidence))) for each in drift(before, now)
    ]


def _tell(changes: dict[str, list[str]], known: dict[str, Approved], lost: dict[str, str]) -> None:
    for server, lines in changes.items():
        click.echo(f"{inert_line(server)}: {'approved' if lines else 'as approved before'}")
        for line in lines:
            for part in inert(line).splitlines():
                click.echo(f"  {part}")
    for server, reason in lost.items():
        click.echo(f"{inert_line(server)}: not reached: {inert_line(reason, 300)}")
