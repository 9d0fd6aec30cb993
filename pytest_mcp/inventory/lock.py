"""``mcp-lock.json``: the definitions that were approved, by server, in a form that a person can review in a diff."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pytest_mcp.errors import InventoryError
from pytest_mcp.inventory.display import redact
from pytest_mcp.model.approval import Approved
from pytest_mcp.model.interface import Interface

LOCK = "mcp-lock.json"
VERSION = 1
LIMIT = 64 << 20


def approval(interface: Interface, secrets: tuple[str, ...], *, by: str, at: datetime) -> Approved:
    """The interface as it is now, without the server's secret values."""
    return Approved(
        server=interface.server,
        at=at,
        by=by,
        definitions=definitions(interface, secrets),
        instructions=redact(interface.instructions, secrets, whole=True),
    )


def definitions(interface: Interface, secrets: tuple[str, ...]) -> dict[str, Any]:
    """Every definition by ``kind:name``, in the server's order; of two of one name the last, as clients have it."""
    return {
        redact(f"{each.kind}:{each.name}", secrets, whole=True): json.loads(
            redact(json.dumps(each.definition, ensure_ascii=False), secrets, whole=True)
        )
        for each in interface.elements
    }


def read_lock(folder: Path) -> dict[str, Approved]:
    """What was approved, by server id; empty without the file. Raises InventoryError for one that cannot be used."""
    path = folder / LOCK
    try:
        if path.stat().st_size > LIMIT:
            raise InventoryError(f"{path}: is larger than {LIMIT >> 20} MiB; approve again: pytest-mcp approve")
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise InventoryError(f"{path}: cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise InventoryError(f"{path}:{error.lineno}: is no JSON: {error.msg}; restore it, or approve again") from None
    except (UnicodeDecodeError, RecursionError):
        raise InventoryError(f"{path}: is no JSON; restore it, or approve again") from None
    version = found.get("version") if isinstance(found, dict) else None
    if version != VERSION:
        raise InventoryError(f"{path}: has version {version!r}, this pytest-mcp reads {VERSION}; approve again with it")
    try:
        return {name: _approved(name, each) for name, each in found["servers"].items()}
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        told = f"{path}: is not as pytest-mcp writes it ({error}); restore it, or approve again"
        raise InventoryError(told) from None


def _approved(name: str, entry: Mapping[str, Any]) -> Approved:
    listed = entry["definitions"]
    if not isinstance(listed, dict):
        raise TypeError(f"{name}: definitions must be an object")
    return Approved(
        server=name,
        at=datetime.fromisoformat(entry["approved_at"]),
        by=str(entry["approved_by"]),
        definitions=listed,
        instructions=str(entry.get("instructions", "")),
    )


def lock_text(approved: Iterable[Approved]) -> str:
    """The whole file: servers sorted, a definition spread over lines, so that a change is a small diff."""
    servers = {
        each.server: {
            "approved_at": each.at.isoformat(timespec="seconds"),
            "approved_by": each.by,
            **({"instructions": each.instructions} if each.instructions else {}),
            "definitions": each.definitions,
        }
        for each in sorted(approved, key=lambda each: each.server)
    }
    return json.dumps({"version": VERSION, "servers": servers}, indent=2, ensure_ascii=True) + "\n"
