"""``.vscode/mcp.json``: an object ``servers``, a list ``inputs`` of what VS Code asks its user for, and comments."""

from pathlib import Path
from typing import Any

from pytest_mcp.inventory.entry import ConfigFile, Entry, EntryError, Surroundings
from pytest_mcp.inventory.formats.editors import folders_of, in_editor, read_commented
from pytest_mcp.inventory.formats.members import members


class VsCode:
    """The project file of VS Code; a person's own is called ``mcp.json`` and known by its key."""

    places = (".vscode/mcp.json",)
    keys = ("servers",)

    def claims(self, path: Path) -> bool:
        """By name and folder."""
        return path.parts[-2:] == (".vscode", "mcp.json")

    def entries(self, text: str, file: ConfigFile, around: Surroundings) -> list[Entry]:
        """The members of ``servers``."""
        document = read_commented(text, file, self.keys)
        folders = folders_of(file, around, "VS Code", _inputs(document.value))

        def read(bare: Entry, raw: dict[str, Any]) -> Entry:
            return in_editor(bare, {**raw, "env": _env(raw.get("env"))}, folders, around)

        return members(document, self.keys[0], file, read)


def _inputs(value: Any) -> dict[str, bool]:
    """Their ids, and whether they are passwords."""
    declared = value.get("inputs") if isinstance(value, dict) else None
    if not isinstance(declared, list):
        return {}
    known = [one for one in declared if isinstance(one, dict) and isinstance(one.get("id"), str)]
    return {one["id"]: one.get("password") is True for one in known}


def _env(env: Any) -> Any:
    """VS Code takes numbers as they are and null as a variable to remove, which we cannot."""
    if not isinstance(env, dict):
        return env
    if any(value is None for value in env.values()):
        raise EntryError("env has a null, which would remove a variable; start the server through `env -u NAME`")
    return {name: _spelled(value) if isinstance(value, float) else value for name, value in env.items()}


def _spelled(number: float) -> str:
    """Every number was read as a float; JavaScript writes the whole ones without a point."""
    return str(int(number)) if number.is_integer() else str(number)
