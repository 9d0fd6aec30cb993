"""What in a launch names the user's own files, and what stands in their place in the box; decided, not done."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from pytest_mcp.model.call import Mapped
from pytest_mcp.model.server import Launch
from pytest_mcp.model.world import World

_CODE = frozenset(
    (
        ".py",
        ".pyz",
        ".js",
        ".mjs",
        ".cjs",
        ".ts",
        ".mts",
        ".sh",
        ".bash",
        ".jar",
        ".rb",
        ".php",
        ".exe",
        ".wasm",
        ".whl",
        ".tgz",
    )
)
_DATABASE = frozenset((".db", ".sqlite", ".sqlite3", ".db3"))
_SCHEME = re.compile(r"(?P<scheme>(?:sqlite|file)(?:\+\w+)?:(?://)?)(?P<path>/.*)")
_OPTION = re.compile(r"(?P<name>--?[A-Za-z][\w.-]*=)(?P<value>.+)", re.DOTALL)
_PROGRAMS = frozenset(("bin", "sbin", "node_modules", "site-packages", "dist-packages"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A launch with the planted world in place of the user's, and what was replaced."""

    launch: Launch
    mapped: tuple[Mapped, ...]


def placed(launch: Launch, world: World, cwd: Path) -> Placed:
    """The launch for the box. ``cwd`` is where it would have been started; program files stay what they are."""
    args = [(f"argument {number}", *_parts(arg)) for number, arg in enumerate(launch.args, 1)]
    env = [(name, f"{name}=", value) for name, value in launch.env]
    swapped = [
        (where, head, text, text if is_kept(where, text, cwd) else _swapped(text, world, cwd))
        for where, head, text in (*args, *env)
    ]
    return Placed(
        launch=Launch(
            command=launch.command,
            args=tuple(head + new for _, head, _, new in swapped[: len(args)]),
            env=tuple((where, new) for where, _, _, new in swapped[len(args) :]),
            cwd=str(cwd),
        ),
        mapped=tuple(Mapped(where=where, original=old, planted=new) for where, _, old, new in swapped if new != old),
    )


_KEPT = frozenset({"PATH", "PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV"})
_OF_PROGRAMS = re.compile(r"(?:_HOME|_SDK|_SDK_ROOT|_PREFIX)$")
_OF_SETTINGS = re.compile(r"conf(?:ig)?|cfg|settings", re.IGNORECASE)


def is_kept(name: str, text: str, cwd: Path) -> bool:
    """Whether a variable holds what the server is made of: where programs are, or the project's settings for it."""
    if name in _KEPT or _OF_PROGRAMS.search(name):
        return True
    path = Path(os.path.normpath(cwd / text)) if 0 < len(text) < 4096 and "\0" not in text else cwd
    return bool(_OF_SETTINGS.search(name)) and path.is_file() and path.is_relative_to(cwd)


def _parts(arg: str) -> tuple[str, str]:
    """An option and its value, where they are one word."""
    option = _OPTION.fullmatch(arg)
    return (option["name"], option["value"]) if option else ("", arg)


def _swapped(text: str, world: World, cwd: Path) -> str:
    if scheme := _SCHEME.fullmatch(text):
        return scheme["scheme"] + _swapped(scheme["path"], world, cwd)
    if not text or len(text) > 4096 or any(mark in text for mark in "\0\n"):
        return text
    path = Path(os.path.normpath(cwd / Path(text).expanduser()))
    return text if _is_program(path) else _counterpart(text, path, world)


def _counterpart(text: str, path: Path, world: World) -> str:
    """What stands for the user's own file or folder; the text itself where it names neither."""
    if path.suffix in _DATABASE:
        return world.database
    if path.is_dir():
        return world.workspace
    if path.is_file():
        return _file(path.suffix, world)
    named = text.startswith(("/", "./", "../", "~/")) or (os.sep in text and "." in path.name)
    to_be_made = named and "://" not in text and not text.startswith("@") and path.parent.is_dir()
    return f"{world.workspace}/{path.name}" if to_be_made else text


def _is_program(path: Path) -> bool:
    """Program files and folders of programs are what the server is made of, not what it works on."""
    if path.suffix in _CODE or _PROGRAMS.intersection(path.parts):
        return True
    if path.is_file():
        return os.access(path, os.X_OK)
    return any((path / name).exists() for name in ("pyvenv.cfg", "package.json", "pyproject.toml", "Cargo.toml"))


def _file(suffix: str, world: World) -> str:
    kinds = {
        ".json": world.json,
        ".csv": world.csv,
        ".png": world.image,
        ".jpg": world.image,
        ".pdf": world.pdf,
        ".xlsx": world.spreadsheet,
        ".md": world.markdown,
    }
    return kinds.get(suffix.lower(), world.text)
