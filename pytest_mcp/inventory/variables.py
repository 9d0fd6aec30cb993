"""References in config strings, replaced as the client that reads the file replaces them.

``.mcp.json``: ``${VAR}`` and ``${VAR:-default}`` as Claude Code expands them. VS Code and Cursor: ``${env:NAME}``,
``${workspaceFolder}`` and their kin. One pass, no nesting, no escape, ``$VAR`` stays; a variable that is set but empty
is set. The name is whatever stands between the braces, and a default ends at a second ``:-``: these are the clients'
ways, and a harness that is cleverer than the client would test another server than the one the client starts.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mcp.inventory import confidential

_REFERENCE = re.compile(r"\$\{([^}]+)\}")
_IN_EDITOR_ONLY = re.compile(
    r"(config|command|extensionInstallFolder|workspaceFolder):.*"
    r"|(file|fileBasename|fileBasenameNoExtension|fileExtname|fileDirname|fileDirnameBasename|fileWorkspaceFolder"
    r"|fileWorkspaceFolderBasename|relativeFile|relativeFileDirname|lineNumber|columnNumber|selectedText|execPath"
    r"|defaultBuildTask)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """A variable and what it stood for; ``answer`` when a person would be asked for it, ``secret`` for a password."""

    name: str
    value: str = field(repr=False)
    answer: bool = False
    secret: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A reference that nothing stands behind; the complaint is ``before``, the place of the reference, ``after``."""

    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """A text with its variables replaced; ``missing`` are those neither set nor defaulted, left as written."""

    text: str = field(repr=False)
    used: tuple[Used, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorFolders:
    """What VS Code and Cursor know beside the environment."""

    workspace: Path
    editor: str
    """Its name in a complaint."""
    inputs: Mapping[str, bool] = field(default_factory=dict)
    """The inputs that the file declares, and whether the answer is a password."""


Expand = Callable[[str], Expansion]
Found = Used | Missing | str | None
"""What a reference stands for: a variable, nothing though it should, plain text; None leaves it as written."""


def literal(text: str) -> Expansion:
    """For clients that replace nothing."""
    return Expansion(text=text)


def expand(text: str, environ: Mapping[str, str]) -> Expansion:
    """Replace every ``${VAR}`` and ``${VAR:-default}``."""
    return _replaced(text, lambda reference: _variable(reference, environ))


def expand_in_editor(text: str, environ: Mapping[str, str], folders: EditorFolders) -> Expansion:
    """Replace what VS Code or Cursor would; what only a running editor knows is missing."""
    return _replaced(text, lambda reference: _in_editor(reference, environ, folders))


def input_variable(identifier: str) -> str:
    """The environment variable that answers what a client would ask its user for."""
    return "PYTEST_MCP_INPUT_" + re.sub(r"[^A-Za-z0-9]+", "_", identifier).strip("_").upper()


def showable(name: str) -> bool:
    """Whether a name is one, and not a secret in the wrong place."""
    return re.fullmatch(r"[A-Za-z_][\w.-]{0,99}", name, re.ASCII) is not None and not any(confidential.of_text(name))


def _replaced(text: str, lookup: Callable[[str], Found]) -> Expansion:
    used: list[Used] = []
    missing: list[Missing] = []

    def replaced(reference: re.Match[str]) -> str:
        found = lookup(reference[1])
        if isinstance(found, Used):
            used.append(found)
            return found.value
        if isinstance(found, Missing):
            missing.append(found)
        return found if isinstance(found, str) else reference[0]

    return Expansion(text=_REFERENCE.sub(replaced, text), used=tuple(used), missing=tuple(missing))


def _variable(reference: str, environ: Mapping[str, str]) -> Found:
    name, *default = reference.split(":-")
    value = environ.get(name, default[0] if default else None)
    if value is not None:
        return Used(name=name, value=value)
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or not showable(name):
        return Missing(before="", after=" has a ${...} that names no variable; write ${VAR} or ${VAR:-default}")
    return Missing(before=f"variable {name} in ", after=f" is not set; set it, or write ${{{name}:-default}}")


def _in_editor(reference: str, environ: Mapping[str, str], folders: EditorFolders) -> Found:
    kind, separator, name = reference.partition(":")
    if separator and kind == "env":
        return _of_environment(name, environ)
    if separator and kind == "input":
        return _answer(name, environ, folders)
    workspace = str(folders.workspace)
    known = {
        "workspaceFolder": workspace,
        "workspaceRoot": workspace,
        f"workspaceFolder:{folders.workspace.name}": workspace,
        "workspaceFolderBasename": folders.workspace.name,
        "cwd": workspace,
        "userHome": environ.get("HOME") or environ.get("USERPROFILE") or os.path.expanduser("~"),  # noqa: PTH111
        "pathSeparator": os.sep,
        "/": os.sep,
    }
    if reference not in known and _IN_EDITOR_ONLY.fullmatch(reference):
        what = f"${{{kind}:...}}" if separator else f"${{{kind}}}"
        return Missing(before=f"{what} in ", after=f" is known only inside {folders.editor}; write what it stands for")
    return known.get(reference)


def _of_environment(name: str, environ: Mapping[str, str]) -> Found:
    # VS Code puts nothing in place of an unset variable. In CI that is a forgotten secret, so it is named instead.
    if name in environ:
        return Used(name=name, value=environ[name])
    if not showable(name):
        return Missing(before="", after=" has a ${env:...} that names no variable; write ${env:NAME}")
    return Missing(before=f"variable {name} in ", after=" is not set; set it, if only to nothing")


def _answer(name: str, environ: Mapping[str, str], folders: EditorFolders) -> Found:
    variable = input_variable(name)
    if not showable(name):
        return Missing(before="", after=" has an ${input:...} that names no input; write ${input:ID}")
    if name not in folders.inputs:
        return Missing(before=f"input {name} in ", after=" is not among the inputs of the file; declare it there")
    if variable in environ:
        return Used(name=name, value=environ[variable], answer=True, secret=folders.inputs[name])
    return Missing(before=f"input {name} in ", after=f" would be asked for; set {variable}")
