"""A shell script that only sets variables, changes its folder and starts one program; anything more is undecidable."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mcp.model.package import Package
from pytest_mcp.packages.launchers.invocation import Invocation
from pytest_mcp.packages.launchers.shell_words import NotSimpleError, words
from pytest_mcp.packages.reading import real, straight, text

LARGEST = 64 * 1024
"""Bytes of a script that are read: a longer one does more than start a program."""

_EXPORT = re.compile(r"(?:export|readonly)\s+(?=[A-Za-z_]\w*=)")
_OPTIONS = re.compile(r"set\s+(?:[-+][a-zA-Z]+|-o\s+\w+|[-+][a-z]*o\s+\w+)(?:\s+[-+]?\w+)*")
_ELSE = re.compile(r"\s*\|\|\s*(?:exit(?:\s+\d+)?|return(?:\s+\d+)?|\{[^{}]*\})\s*$")
# $(cd "$(dirname "$0")/.." && pwd), in the spellings that people copy: the folder of the script, or one beside it.
_SOURCE = r"""(?:"\$0"|\$0|"\$\{?BASH_SOURCE(?:\[0\]\})?"|"\$\{BASH_SOURCE\[0\]\}"|"\$\{0\}"|"\$\{BASH_SOURCE\}")"""
_DIRNAME = rf"""\$\(\s*dirname\s+(?:--\s+)?{_SOURCE}\s*\)|\$\{{(?:0|BASH_SOURCE\[0\])%/\*\}}"""
_FOLDER = re.compile(
    rf"""\$\(\s*(?:CDPATH=\s*)?cd\s+(?:-P\s+|-L\s+)?(?:--\s+)?"?(?:{_DIRNAME})(?P<below>/[\w./-]+)?"?\s*
    (?:>\s*/dev/null(?:\s+2>&1)?\s*)?&&\s*pwd(?:\s+-P)?\s*\)""",
    re.VERBOSE,
)
_PLAIN_FOLDER = re.compile(_DIRNAME)
_REAL = re.compile(rf"""\$\(\s*(?:readlink\s+-f|realpath)\s+(?:--\s+)?{_SOURCE}\s*\)""")
_TRAMPOLINE = re.compile(r"'''exec' (?:\"(?P<quoted>[^\"\n]+)\"|(?P<plain>/[^\s\"]+)) \"\$0\" \"\$@\"")


@dataclass(slots=True)
class _State:
    """What the lines so far did."""

    cwd: Path
    values: dict[str, str]
    found: tuple[str, ...] = field(default=())


def trampoline(content: str) -> str | None:
    """The interpreter of a Python script that starts itself through sh, as installers write where paths are long."""
    match = _TRAMPOLINE.search(content[:4096])
    return (match["quoted"] or match["plain"]) if match else None


def unwrapped(call: Invocation, file: Path, args: tuple[str, ...]) -> Package | Invocation:
    """The command that the script ends with."""
    content = text(file, LARGEST)
    if content is None:
        return call.undecided("script", "the script is missing, unreadable, or larger than 64 KB")
    numbered = {"0": str(file), **{str(number): arg for number, arg in enumerate(args, 1)}}
    state = _State(cwd=call.cwd, values={**call.environ, **numbered, "PWD": str(call.cwd)})
    try:
        for line in content.replace("\\\n", " ").splitlines():
            if state.found and line.strip() and not line.strip().startswith("#"):
                raise NotSimpleError("something follows the program it starts")
            _follow(line.strip(), state, file, args)
    except NotSimpleError as error:
        return call.undecided("script", f"the script does more than start one program: {error}")
    if not state.found:
        return call.undecided("script", "the script starts no program")
    kept = {name: value for name, value in state.values.items() if not name.isdigit()}
    return call.without("script", state.found, cwd=state.cwd, environ=kept)


def _follow(line: str, state: _State, file: Path, args: tuple[str, ...]) -> None:
    if not line or line.startswith("#") or _OPTIONS.fullmatch(line):
        return
    ends = line.startswith("exec ") or " exec " in line
    # A word of our own stands for the folder, quoted so that the shell's rules hold for it as for the substitution.
    folders: dict[str, str] = {}

    def known(path: Path) -> str:
        name = f"PYTEST_MCP_FOLDER_{len(folders)}"
        folders[name] = str(path)
        return "${" + name + "}"

    line = _FOLDER.sub(lambda match: known(straight(Path(f"{file.parent}{match['below'] or ''}/."))), line)
    line = _PLAIN_FOLDER.sub(lambda _: known(file.parent), line)
    line = _REAL.sub(lambda _: known(real(file)), line)
    line = _EXPORT.sub("", line) if not ends else line
    own, found = words(_ELSE.sub("", line), {**state.values, **folders}, args)
    if found[:1] == ["cd"]:
        places = [word for word in found[1:] if word not in ("--", "-P", "-L")]
        if len(places) != 1 or places[0].startswith("-"):
            raise NotSimpleError("a cd of its own kind")
        state.cwd = straight(state.cwd / places[0])
        state.values["PWD"] = str(state.cwd)
    else:
        state.values.update(own)
        state.found = tuple(found)
