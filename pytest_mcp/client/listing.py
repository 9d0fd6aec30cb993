"""Lists everything a server offers, page by page, and keeps it as it came."""

import time
from typing import Any

from pytest_mcp.client.connection import Connection
from pytest_mcp.model.exchange import Arrival, Noise
from pytest_mcp.model.interface import Element, ElementKind, Listing

PAGES = 1000
ELEMENTS = 50_000
PATIENCE = 3
"""How many times the timeout of one reply a whole list may take."""
DEPTH_KEPT = 128
LISTS: tuple[tuple[str, str, str, ElementKind, str], ...] = (
    ("tools/list", "tools", "tools", ElementKind.TOOL, "name"),
    ("resources/list", "resources", "resources", ElementKind.RESOURCE, "uri"),
    ("resources/templates/list", "resources", "resourceTemplates", ElementKind.TEMPLATE, "uriTemplate"),
    ("prompts/list", "prompts", "prompts", ElementKind.PROMPT, "name"),
)
"""Method, capability that declares it, member of the result, kind of its entries, member that names an entry."""


def list_all(connection: Connection, capabilities: dict[str, Any]) -> tuple[tuple[Listing, ...], tuple[Noise, ...]]:
    """Ask every list whose capability is declared; the rest of a list that fails half-way is kept."""
    noise: list[Noise] = []
    declared = [method for method, capability, *_ in LISTS if capability in capabilities]
    return tuple(_list(connection, method, noise) for method in declared), tuple(noise)


def elements(listings: tuple[Listing, ...]) -> tuple[Element, ...]:
    """Every entry of every page, whatever it is; a page whose member is no list has none."""
    found: list[Element] = []
    for method, _, member, kind, naming in LISTS:
        pages = next((listing.pages for listing in listings if listing.method == method), ())
        entries = [entry for page in pages for entry in _entries(page, member)]
        found += [_element(kind, naming, index, entry) for index, entry in enumerate(entries)]
    return tuple(found)


def bounded(value: Any, levels: int = DEPTH_KEPT) -> Any:
    """The value with everything below ``levels`` cut off: what is kept can be copied, sent and written by anybody."""
    if levels == 0:
        return None
    if isinstance(value, dict):
        return {key: bounded(child, levels - 1) for key, child in value.items()}
    if isinstance(value, list):
        return [bounded(child, levels - 1) for child in value]
    return value


def _entries(page: Any, member: str) -> list[Any]:
    entries = page.get(member) if isinstance(page, dict) else None
    return entries if isinstance(entries, list) else []


def _element(kind: ElementKind, naming: str, index: int, entry: Any) -> Element:
    name = entry.get(naming) if isinstance(entry, dict) else None
    usable = name if isinstance(name, str) and name else f"#{index}"
    return Element(kind=kind, name=usable, index=index, definition=entry)


def _list(connection: Connection, method: str, noise: list[Noise]) -> Listing:
    pages: list[Any] = []
    member = next(listed for name, _, listed, *_ in LISTS if name == method)
    cursors: set[str] = set()
    params: dict[str, Any] | None = None
    seconds = PATIENCE * connection.timeout
    deadline = time.monotonic() + seconds
    while len(pages) < PAGES:
        if time.monotonic() > deadline:
            return Listing(method=method, pages=tuple(pages), problem=f"does not end within {seconds:g} s")
        seen = connection.request(method, params)
        noise += seen.noise
        if seen.arrival is not Arrival.REPLY or seen.result is None:
            problem = f"error {seen.error_code}: {(seen.error or {}).get('message')}" if seen.error else seen.reason
            return Listing(
                method=method, pages=tuple(pages), problem=problem or "no result", error_code=seen.error_code
            )
        endless = _take(pages, seen.result, member)
        cursor = seen.result.get("nextCursor") if isinstance(seen.result, dict) else None
        if endless or cursor is None:
            return Listing(method=method, pages=tuple(pages), problem=endless)
        if not isinstance(cursor, str) or cursor in cursors:
            what = "repeats a cursor" if isinstance(cursor, str) else "gives a cursor that is no string"
            return Listing(method=method, pages=tuple(pages), problem=f"page {len(pages)} {what}")
        cursors.add(cursor)
        params = {"cursor": cursor}
    return Listing(method=method, pages=tuple(pages), problem=f"does not end within {PAGES} pages")


def _take(pages: list[Any], result: Any, member: str) -> str | None:
    """Keep one more page, as far as there is room for its elements; what is wrong when no further one is asked for."""
    entries, left = _entries(result, member), ELEMENTS - sum(len(_entries(page, member)) for page in pages)
    if len(entries) > left:
        pages.append(bounded({**result, member: entries[:left]}))
        return f"does not end within {ELEMENTS} elements"
    page = bounded(result)
    if entries and pages and _entries(page, member) == _entries(pages[-1], member):
        return f"page {len(pages) + 1} repeats the elements of page {len(pages)}"
    pages.append(page)
    return None
