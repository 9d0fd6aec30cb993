"""What a run tells about itself and its servers, safe to show: no values of variables, no secrets."""

import hashlib
import json
import platform
import shlex
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

from pytest_mcp.exercise.moving import kept
from pytest_mcp.inventory import describe
from pytest_mcp.model.call import Exercised, ExercisedTool
from pytest_mcp.model.interface import ElementKind, Interface, Start
from pytest_mcp.model.run import Replaced, ServerFacts, StartCount, ToolCalled
from pytest_mcp.model.server import Server
from pytest_mcp.model.world import World

STDERR_SHOWN = 4000
PROBLEM_SHOWN = 500
ARGUMENTS_KEPT = 16_000
"""Characters of a call that is kept for the next run."""
HIDDEN_OPTIONS = ("--mcp-db",)


def server_facts(
    server: Server, interface: Interface, starts: Iterable[Start], redact: Callable[[str], str]
) -> ServerFacts:
    """Everything a report says of a server beside its cases."""
    counts = Counter(start.purpose for start in starts)
    listed = {kind: len(interface.of_kind(kind)) for kind in ElementKind}
    info = interface.server_info
    return ServerFacts(
        id=server.id,
        name=server.name,
        transport=server.kind,
        source=str(server.source),
        command=describe(server),
        connected=interface.connected,
        problem=redact(interface.failure.reason if interface.failure else ""),
        era=interface.era or "",
        revision=redact(str(interface.revision or "")),
        told_name=redact(str(info.get("name") or "")),
        told_version=redact(interface.told_version),
        tools=listed[ElementKind.TOOL],
        resources=listed[ElementKind.RESOURCE],
        templates=listed[ElementKind.TEMPLATE],
        prompts=listed[ElementKind.PROMPT],
        interface=digest(interface) if interface.connected else "",
        env_names=env_names(server),
        cold_start=interface.seconds if interface.connected else None,
        stderr_head=redact(interface.stderr_head)[:STDERR_SHOWN],
        starts=tuple(StartCount(server=server.id, purpose=name, count=count) for name, count in sorted(counts.items())),
    )


def with_calls(facts: ServerFacts, whole: Exercised, redact: Callable[[str], str]) -> ServerFacts:
    """The same with how its tools were called in the sandbox."""
    world = whole.world
    return replace(
        facts,
        called=tuple(_called(each, world, redact) for each in whole.tools) if world else (),
        mapped=tuple(
            Replaced(where=each.where, original=redact(each.original), planted=redact(each.planted))
            for each in whole.mapped
        ),
    )


def _called(tool: ExercisedTool, world: World, redact: Callable[[str], str]) -> ToolCalled:
    if tool.control is None:
        return ToolCalled(tool=redact(tool.tool), problem=redact(tool.problem)[:PROBLEM_SHOWN])
    case = tool.control.call.case
    text = json.dumps(kept(case.arguments, world), ensure_ascii=True)
    whole = len(text) <= ARGUMENTS_KEPT and redact(text) == text  # a call with a secret in it is not kept
    return ToolCalled(
        tool=redact(tool.tool),
        arguments=text if whole else "",
        proof=redact(tool.control.proof),
        sources=tuple((redact(each.path), each.source.value) for each in case.origins),
    )


def env_names(server: Server) -> tuple[str, ...]:
    """Names of the variables a config entry sets for its server."""
    launch = server.transport.launch if server.transport else None
    return tuple(sorted(name for name, _ in launch.env)) if launch else ()


def interface_json(interface: Interface, redact: Callable[[str], str]) -> str:
    """The whole interface as JSON, kept to compare releases by."""
    return redact(json.dumps(_told(interface), ensure_ascii=True, sort_keys=True))


def digest(interface: Interface) -> str:
    """SHA-256 over everything a server lists, independent of the order it lists it in."""
    return hashlib.sha256(json.dumps(_told(interface), sort_keys=True).encode()).hexdigest()


def _told(interface: Interface) -> dict[str, object]:
    handshake = interface.handshake if isinstance(interface.handshake, dict) else {}
    elements = [[element.kind, element.name, element.definition] for element in interface.elements]
    return {
        "instructions": handshake.get("instructions"),
        "capabilities": interface.capabilities,
        "elements": sorted(elements, key=lambda element: json.dumps(element, sort_keys=True)),
    }


def command_line(arguments: Iterable[str]) -> str:
    """The command of this run, without the values of options that may hold a password."""
    shown: list[str] = ["pytest"]
    for argument in arguments:
        name, equals, _ = argument.partition("=")
        hide = name in HIDDEN_OPTIONS and equals
        shown.append(f"{name}=***" if hide else "***" if shown[-1] in HIDDEN_OPTIONS else argument)
    return shlex.join(shown)


def versions() -> tuple[tuple[str, str], ...]:
    """Versions of what took part."""
    named = ("pytest-mcp-fleet", "pytest", "pytest-xdist", "mcp-types")
    return (("python", platform.python_version()), *((name, _version(name)) for name in named))


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
