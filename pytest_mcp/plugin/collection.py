"""Which suite files are collected, under which node ids, and for which servers and elements each test is generated."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from pytest_mcp.checks import declared
from pytest_mcp.checks.shipped import PACKAGE, import_suites, suites_folder
from pytest_mcp.errors import SettingsError
from pytest_mcp.fixtures import McpFleet, McpServer
from pytest_mcp.inventory import redact
from pytest_mcp.model.interface import Element, ElementKind
from pytest_mcp.model.run import Suite

ALWAYS = (Suite.UNIT, Suite.INTEGRATION, Suite.SECURITY, Suite.PERFORMANCE)
"""Suites of a default run; update and cleanup act only when their option is given."""
SHIPPED = "pytest_mcp/suites"
_KINDS = {
    "mcp_tool": (ElementKind.TOOL,),
    "mcp_resource": (ElementKind.RESOURCE, ElementKind.TEMPLATE),
    "mcp_prompt": (ElementKind.PROMPT,),
}
_UNSAFE = re.compile(r"[^A-Za-z0-9._@-]")
_ID_LENGTH = 60
REPEATED = "+"
"""Before the number of an element whose name was listed before; no other part of an id has it."""


def suite_files(suites: Sequence[Suite]) -> list[Path]:
    """The test files of these suites, in the order of the suites."""
    return [file for suite in suites for file in sorted((suites_folder() / suite).glob("test_*.py"))]


def refuse_empty(suites: Sequence[Suite]) -> None:
    """Say before any server is started that a suite asked for has no tests yet."""
    there = [suite.value for suite in Suite if suite_files((suite,))]
    for suite in suites:
        if suite.value not in there:
            raise SettingsError(f"suite {suite.value!r} has no tests yet; choose from {', '.join(there)}")


def arguments(given: Sequence[str], suites: Sequence[Suite], invoked_in: Path) -> list[str]:
    """What pytest is to collect: the suites, and the paths given on the command line.

    A path into the suites (as their node ids have it) selects from them instead of adding to them.
    """
    resolved = [_resolve(argument, invoked_in) for argument in given]
    return resolved if selects(given, invoked_in) else [*(str(file) for file in suite_files(suites)), *resolved]


def selects(given: Iterable[str], invoked_in: Path) -> bool:
    """True when a path given leads into the suites."""
    paths = (_resolve(argument, invoked_in).partition("::")[0] for argument in given)
    return any(Path(path).is_relative_to(suites_folder()) for path in paths)


def _resolve(argument: str, invoked_in: Path) -> str:
    path, _, rest = argument.partition("::")
    target = invoked_in / path
    if not target.exists() and (path == SHIPPED or path.startswith(f"{SHIPPED}/")):
        target = suites_folder() / path.removeprefix(SHIPPED).lstrip("/")
    absolute = str(target) if target.is_relative_to(suites_folder()) or target.exists() else path
    return f"{absolute}::{rest}" if rest else absolute


class SuiteModule(pytest.Module):
    """A suite file, in every project collected and imported alike.

    It is always ``pytest_mcp.suites...``, so a project may have a package ``suites`` of its own, and nothing is put on
    ``sys.path``; names of tests are ours, whatever ``python_functions`` says.
    """

    def _getobj(self) -> ModuleType:
        import_suites()
        parts = self.path.relative_to(suites_folder()).with_suffix("").parts
        return import_module(".".join((PACKAGE, *parts)))

    def funcnamefilter(self, name: str) -> bool:
        """Which functions are tests."""
        return name.startswith("test_")


def node_id(file: Path, rootdir: Path) -> str | None:
    """The node id of a suite file: the same in every project; None in our own repository, where the path will do."""
    folder = suites_folder()
    if folder.parent == rootdir:
        return None
    return f"{SHIPPED}/{file.relative_to(folder).as_posix()}"


def is_shipped(nodeid: str, rootdir: Path) -> bool:
    """True for the node id of a test of a suite, in either form."""
    own = suites_folder().parent == rootdir
    return nodeid.startswith(f"{SHIPPED}/") or (own and nodeid.startswith("suites/"))


def safe_id(name: str) -> str:
    """A name as part of a node id: shell-safe and Windows-safe, stable, and different for different names."""
    safe = _UNSAFE.sub("_", name)
    if safe == name and len(safe) <= _ID_LENGTH:
        return safe
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    return f"{safe[:_ID_LENGTH]}~{digest}"


def server_of(nodeid: str, server_ids: frozenset[str]) -> str | None:
    """The server part of a parametrized node id, None when it has none of these."""
    _, bracket, rest = nodeid.partition("[")
    server = rest.rstrip("]").partition("/")[0]
    return server if bracket and server in server_ids else None


def parametrize(metafunc: pytest.Metafunc, fleet: McpFleet) -> None:
    """Generate a test for each server, or for each element of each server, that its fixtures ask for."""
    element_fixture = next((name for name in _KINDS if name in metafunc.fixturenames), None)
    if element_fixture is not None:
        found = declared(metafunc.function)
        wanted = not (found and found.deep) or fleet.deep
        pairs = list(_pairs(fleet, element_fixture, found.member if found else None)) if wanted else []
        metafunc.parametrize(
            ("mcp_server", element_fixture),
            [(server.id, element) for server, element, _ in pairs],
            ids=[name for *_, name in pairs],
            indirect=True,
            scope="function",
        )
    elif "mcp_server" in metafunc.fixturenames:
        found = declared(metafunc.function)
        servers = [s for s in fleet.servers if s.interface.connected or (found is not None and found.unreached)]
        metafunc.parametrize(
            "mcp_server",
            [server.id for server in servers],
            ids=[safe_id(server.id) for server in servers],
            indirect=True,
            scope="function",
        )


def _pairs(fleet: McpFleet, fixture: str, member: str | None) -> Iterator[tuple[McpServer, Element, str]]:
    for server in fleet.servers:
        elements = [element for kind in _KINDS[fixture] for element in server.interface.of_kind(kind)]
        for element, name in zip(elements, _element_ids(elements, server.entry.secrets), strict=True):
            if member is None or (isinstance(element.definition, dict) and member in element.definition):
                yield server, element, f"{safe_id(server.id)}/{name}"


def _element_ids(elements: Iterable[Element], secrets: tuple[str, ...]) -> Iterator[str]:
    """Ids of elements, told apart where a server lists one name twice."""
    seen: Counter[str] = Counter()
    for element in elements:
        name = safe_id(redact(element.name, secrets, whole=True))
        seen[name] += 1
        yield name if seen[name] == 1 else f"{name}{REPEATED}{seen[name]}"


def asks_nothing(item: pytest.Item) -> bool:
    """True for what pytest makes of a test that is generated for no server at all."""
    return item.name.endswith("[NOTSET]")


def ordered(items: list[pytest.Item]) -> list[pytest.Item]:
    """The items that ask for something, in collection order, with those that end a server's connection last."""
    kept = [item for item in items if not asks_nothing(item)]
    return sorted(kept, key=lambda item: bool((found := declared(getattr(item, "function", None))) and found.last))
