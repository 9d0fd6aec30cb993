"""The command line that a client makes of a package in ``server.json``."""

import re
from collections.abc import Iterator
from typing import Any, TypedDict

from pytest_mcp.inventory.entry import EntryError
from pytest_mcp.inventory.formats import fields
from pytest_mcp.inventory.formats.registry_inputs import Inputs, member, objects

_RUNNERS = {"npm": ("npx", "bunx"), "pypi": ("uvx",), "oci": ("docker", "podman"), "nuget": ("dnx",)}
"""What starts a package of each kind: the first, unless ``runtimeHint`` is another of them."""


class Parts(TypedDict):
    """The fields of an entry that start it."""

    command: str
    args: tuple[str, ...]
    env: tuple[tuple[str, str], ...]


def launch(raw: dict[str, Any], inputs: Inputs) -> Parts:
    """``npx -y NAME@VERSION``, ``uvx NAME==VERSION``, ``docker run -i --rm IMAGE:VERSION``, ``dnx NAME@VERSION``."""
    kind = member(raw, "registryType")
    if kind == "mcpb":
        raise EntryError("is an mcpb bundle, which has to be unpacked first; name the command in it in an .mcp.json")
    if not isinstance(kind, str) or kind not in _RUNNERS:
        raise EntryError(f"has a registryType that cannot be started; use one of {', '.join(_RUNNERS)}")
    hint = member(raw, "runtimeHint")
    command = hint if hint in _RUNNERS[kind] else _RUNNERS[kind][0]
    env = tuple(_env(raw, inputs))
    before = list(_arguments(raw, "runtimeArguments", inputs))
    after = list(_arguments(raw, "packageArguments", inputs))
    if kind == "oci":
        before = _container(before, [name for name, _ in env])
    elif command == "npx" and not {"-y", "--yes"} & set(before):
        before = ["-y", *before]
    elif kind == "nuget":
        after = ["--yes", *(["--", *after] if after else [])]
    return Parts(command=command, args=(*before, _package(raw, kind), *after), env=env)


def _package(raw: dict[str, Any], kind: str) -> str:
    identifier = fields.text({"identifier": member(raw, "identifier")}, "identifier")
    version = fields.text_or_none(raw, "version")
    if identifier.startswith("-"):
        raise EntryError("identifier starts with '-'; write the name of the package")
    tagged = kind == "oci" and re.search(r"@|:[^/]*$", identifier)
    if version is None or tagged:
        return identifier
    return f"{identifier}{ {'pypi': '==', 'oci': ':'}.get(kind, '@') }{version}"


def _container(before: list[str], names: list[str]) -> list[str]:
    """``run -i --rm`` unless the author wrote it, and the names of the variables to pass on."""
    given = before[1:] if before[:1] == ["run"] else before
    flags = [flag for flag in ("-i", "--rm") if flag not in given]
    told = {word.partition("=")[0] for word in given}
    passed = [word for name in names if name not in told for word in ("-e", name)]
    return ["run", *flags, *given, *passed]


def _env(raw: dict[str, Any], inputs: Inputs) -> Iterator[tuple[str, str]]:
    for one in objects(raw, "environmentVariables"):
        name = fields.text({"environmentVariables": one.get("name")}, "environmentVariables")
        value = inputs.value(name, one, "environmentVariables", variable=name)
        if value is not None:
            yield name, value


def _arguments(raw: dict[str, Any], key: str, inputs: Inputs) -> Iterator[str]:
    """Flags and their values as two words, as VS Code passes them; a boolean flag stands alone or not at all."""
    for one in objects(raw, key):
        named = one.get("type", "named" if "name" in one else "positional") == "named"
        label = one.get("name") if named else member(one, "valueHint")
        if named:
            label = fields.text({key: label}, key)
        value = inputs.value(label if isinstance(label, str) else "", one, key)
        if one.get("format") == "boolean" and named:
            value = "" if value == "true" else None
        if value is not None and named:
            yield str(label)
        if value or (value is not None and not named):
            yield value
