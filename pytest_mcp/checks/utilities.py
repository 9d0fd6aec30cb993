"""What can be asked of a server beside its lists, and whether it was answered as it should. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_mcp.checks.messages import REFUSAL_SECONDS
from pytest_mcp.checks.traffic import emitted
from pytest_mcp.model.exchange import Arrival, Ask, Exchange, NoiseKind
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Element, ElementKind, Interface
from pytest_mcp.model.text import inert_line

ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
_VALUES = 100
_DECLARED_SINCE = "2025-03-26"
_VARIABLE = re.compile(r"\{[+#./;?&]?([A-Za-z0-9_.%]+)")
_FILTERS = {"tools": "toolsListChanged", "prompts": "promptsListChanged", "resources": "resourcesListChanged"}


def completion(interface: Interface) -> list[Ask]:
    """The completion of the first prompt's argument or template's variable; none where nothing can be completed."""
    if (interface.revision or "") < _DECLARED_SINCE:
        return []  # before, there was no capability to declare
    for element in interface.elements:
        if name := _completable(element):
            prompt = element.kind is ElementKind.PROMPT
            ref = {"type": "ref/prompt", "name": element.name} if prompt else _resource(element)
            params = {"ref": ref, "argument": {"name": name, "value": ""}}
            return [Ask(method="completion/complete", params=params, timeout=REFUSAL_SECONDS)]
    return []


def completions(interface: Interface, template: Element) -> dict[str, Ask]:
    """The completion of each variable of a template, by its name; none where completion is not declared."""
    if "completions" not in interface.capabilities or template.kind is not ElementKind.TEMPLATE:
        return {}
    return {
        name: Ask(
            method="completion/complete",
            params={"ref": _resource(template), "argument": {"name": name, "value": ""}},
            timeout=REFUSAL_SECONDS,
        )
        for name in dict.fromkeys(_VARIABLE.findall(template.name))
    }


def _resource(element: Element) -> dict[str, str]:
    return {"type": "ref/resource", "uri": element.name}


def _completable(element: Element) -> str | None:
    if element.kind is ElementKind.TEMPLATE:
        found = _VARIABLE.search(element.name)
        return found[1] if found else None
    arguments = element.definition.get("arguments") if isinstance(element.definition, dict) else None
    if element.kind is not ElementKind.PROMPT or not isinstance(arguments, list):
        return None
    names = [each.get("name") for each in arguments if isinstance(each, dict)]
    return next((name for name in names if isinstance(name, str) and name), None)


def completed(seen: Exchange) -> Iterator[Violation]:
    """A declared completion answers, with at most 100 values; its shape is judged with that of all other results."""
    if seen.result is None:
        # whoever knows the method may still have nothing for this argument
        severity = Severity.LOW if seen.error is not None and seen.error_code != -32601 else None
        got = inert_line(repr(seen.error or seen.reason))
        yield Violation(title="completions is declared, but completion/complete fails", got=got, severity=severity)
        return
    found = seen.result.get("completion") if isinstance(seen.result, dict) else None
    values = found.get("values") if isinstance(found, dict) else None
    if isinstance(values, list) and len(values) > _VALUES:
        yield Violation(title=f"completion with more than {_VALUES} values", got=str(len(values)))


def subscribed(seen: Iterable[Exchange], *, declared: bool) -> Iterator[Violation]:
    """Subscribing and unsubscribing succeed where they are declared; an error other than -32601 is a lesser one."""
    for each in seen:
        if declared and each.result is None:
            severity = Severity.LOW if each.error is not None and each.error_code != -32601 else None
            got = inert_line(repr(each.error or each.reason))
            yield Violation(title=f"subscribe is declared, but {each.method} fails", got=got, severity=severity)
        elif not declared and each.result is not None:
            title = f"{each.method} answers although subscribe is not declared"
            yield Violation(title=title, got=inert_line(repr(each.result)), severity=Severity.LOW)


def subscribable(interface: Interface) -> dict[str, bool]:
    """The filter for every change that the server declares to tell of."""
    declared = interface.capabilities
    return {
        wanted: True
        for capability, wanted in _FILTERS.items()
        if isinstance(declared.get(capability), dict) and declared[capability].get("listChanged") is True
    }


def acknowledged(seen: Exchange, wanted: dict[str, bool]) -> Iterator[Violation]:
    """The acknowledgment comes first, under the id of the request, and promises no more than was asked for."""
    if seen.arrival is not Arrival.OPEN:
        got = seen.reason or inert_line(repr(seen.message))
        yield Violation(title="subscriptions/listen is not acknowledged", expected=ACKNOWLEDGED, got=got)
        return
    said = list(emitted(seen.noise, NoiseKind.NOTIFICATION))
    place = next(place for place, each in enumerate(said) if each["method"] == ACKNOWLEDGED)
    before, told = said[:place], said[place]
    if _subscription(told) != seen.id:
        yield Violation(title="acknowledged under another id", expected=repr(seen.id), got=repr(_subscription(told)))
    params = told.get("params")
    agreed = params.get("notifications") if isinstance(params, dict) else None
    if not isinstance(agreed, dict):
        yield Violation(title="acknowledged without saying what will be sent", got=inert_line(repr(params)))
    elif more := [name for name, value in agreed.items() if value and name not in wanted]:
        yield Violation(title="acknowledged more than was asked for", got=inert_line(", ".join(more)))
    if any(_subscription(each) == seen.id for each in before):
        yield Violation(title="sends notifications before it acknowledges the subscription")


def _subscription(message: Any) -> Any:
    params = message.get("params") if isinstance(message, dict) else None
    meta = params.get("_meta") if isinstance(params, dict) else None
    return meta.get(SUBSCRIPTION) if isinstance(meta, dict) else None
