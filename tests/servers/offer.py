"""What the good server offers: tools, resources, a template, prompts, and what they do."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Definition = dict[str, Any]

NOTES = {"1": "buy milk", "2": "call Ada", "3": "water the plants"}
RESOURCES = {"note:///welcome": "Welcome.", "note:///rules": "Be kind."}


def text(description: str, **more: Any) -> Definition:
    """The schema of a string."""
    return {"type": "string", "description": description, **more}


def closed(properties: dict[str, Definition], required: tuple[str, ...] = ()) -> Definition:
    """The schema of an object that has these properties and no other."""
    schema: Definition = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema


def tool(name: str, **members: Any) -> Definition:
    """A flawless tool; ``members`` are added to it or replace its own."""
    own = {"name": name, "description": f"Tells the time for {name}.", "inputSchema": closed({})}
    return {**own, **members}


def _tools() -> list[Any]:
    number = {"type": "integer", "description": "A whole number.", "minimum": -1000, "maximum": 1000}
    return [
        {
            "name": "echo",
            "title": "Echo",
            "description": "Returns the text it is given.",
            "inputSchema": closed({"text": text("What to return.", minLength=1, maxLength=1000)}, ("text",)),
            "outputSchema": closed({"text": text("The same text.")}, ("text",)),
            "annotations": {"title": "Echo", "readOnlyHint": True, "idempotentHint": True, "openWorldHint": False},
        },
        {
            "name": "add",
            "description": "Adds two whole numbers.",
            "inputSchema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/number"}, "b": {"$ref": "#/$defs/number"}},
                "required": ["a", "b"],
                "additionalProperties": False,
                "$defs": {"number": number},
            },
            "outputSchema": closed({"sum": {"type": "integer", "description": "a + b"}}, ("sum",)),
            "annotations": {"readOnlyHint": True, "openWorldHint": False},
        },
        {
            "name": "list_notes",
            "description": "Lists the notes, newest first unless told otherwise.",
            "inputSchema": closed(
                {
                    "order": text("Which end comes first.", enum=["newest", "oldest"], default="newest"),
                    "limit": {"type": "integer", "description": "At most so many.", "minimum": 1, "maximum": 10},
                }
            ),
            "outputSchema": closed(
                {"notes": {"type": "array", "items": {"type": "string"}, "description": "The notes."}}, ("notes",)
            ),
            "annotations": {"readOnlyHint": True, "openWorldHint": False},
        },
        {
            "name": "write_note",
            "description": "Writes a note down and tells its id.",
            "inputSchema": closed({"text": text("What to note.", minLength=1, maxLength=1000)}, ("text",)),
            "outputSchema": closed({"id": text("The id of the note.")}, ("id",)),
            "annotations": {"readOnlyHint": False, "destructiveHint": False},
        },
        {
            "name": "show_note",
            "description": "Shows one note.",
            "inputSchema": closed({"id": text("Which note.", pattern="^[0-9]+$")}, ("id",)),
            "annotations": {"readOnlyHint": True, "openWorldHint": False},
        },
        {
            "name": "remove_note",
            "description": "Removes one note for good.",
            "inputSchema": closed({"id": text("Which note.", pattern="^[0-9]+$")}, ("id",)),
            "annotations": {"readOnlyHint": False, "destructiveHint": True, "idempotentHint": True},
        },
    ]


def _resources() -> list[Any]:
    return [
        {"uri": uri, "name": uri.rpartition("/")[2], "description": "A text.", "mimeType": "text/plain"}
        for uri in RESOURCES
    ]


def _templates() -> list[Any]:
    return [
        {"uriTemplate": "note:///numbered/{id}", "name": "note", "description": "A note.", "mimeType": "text/plain"}
    ]


def _prompts() -> list[Any]:
    code = {"name": "code", "description": "The code to review.", "required": True}
    style = {"name": "style", "description": "How strict to be.", "required": False}
    return [
        {"name": "review", "description": "Asks for a review.", "arguments": [code, style]},
        {"name": "greet", "title": "Greet", "description": "Asks for a greeting."},
    ]


def _capabilities() -> dict[str, Any]:
    listed: dict[str, Any] = {name: {"listChanged": True} for name in ("tools", "resources", "prompts")}
    listed["resources"]["subscribe"] = True
    return {**listed, "logging": {}, "completions": {}}


@dataclass(slots=True)
class Offer:
    """Everything a server tells of itself; a defect may change any of it before the server starts."""

    tools: list[Any] = field(default_factory=_tools)
    resources: list[Any] = field(default_factory=_resources)
    templates: list[Any] = field(default_factory=_templates)
    prompts: list[Any] = field(default_factory=_prompts)
    capabilities: dict[str, Any] = field(default_factory=_capabilities)
    info: dict[str, Any] = field(default_factory=lambda: {"name": "good-server", "version": "1.2.3"})
    instructions: str = "Notes and small sums, for tests."

    def definition(self, name: object) -> Definition | None:
        """The tool of this name, None where there is none."""
        return next((each for each in self.tools if isinstance(each, dict) and each.get("name") == name), None)


def read(uri: str) -> str | None:
    """The text of a resource, None where there is none."""
    return NOTES.get(uri.removeprefix("note:///numbered/")) if "/numbered/" in uri else RESOURCES.get(uri)


def complaint(schema: Definition, arguments: Definition) -> str:
    """What is wrong with arguments, empty when nothing is: as much of JSON Schema as the tools above use."""
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in arguments:
            return f"{name} is missing"
    for name, value in arguments.items():
        if name not in properties:
            return f"there is no argument {name!r}"
        if wrong := _wrong({**schema.get("$defs", {}).get("number", {}), **properties[name]}, value):
            return f"{name} {wrong}"
    return ""


def _wrong(schema: Definition, value: Any) -> str:
    kind = {"string": str, "integer": int}[schema["type"]]
    if not isinstance(value, kind) or isinstance(value, bool):
        return f"must be a {schema['type']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"must be one of {', '.join(schema['enum'])}"
    size = len(value) if isinstance(value, str) else value
    low, high = ("minLength", "maxLength") if isinstance(value, str) else ("minimum", "maximum")
    if not schema.get(low, size) <= size <= schema.get(high, size):
        return "is out of range"
    return "does not fit its pattern" if "pattern" in schema and not re.search(schema["pattern"], value) else ""


def _list_notes(notes: dict[str, str], arguments: Definition) -> Definition:
    texts = list(notes.values())
    ordered = texts if arguments.get("order") == "oldest" else texts[::-1]
    return {"notes": ordered[: arguments.get("limit", 10)]}


def _write_note(notes: dict[str, str], arguments: Definition) -> Definition:
    own = str(1000 + len(notes))
    while own in notes:
        own = str(int(own) + 1)
    notes[own] = arguments["text"]
    return {"id": own}


CALLS: dict[str, Callable[[dict[str, str], Definition], Definition | str]] = {
    "echo": lambda notes, arguments: {"text": arguments["text"]},
    "add": lambda notes, arguments: {"sum": arguments["a"] + arguments["b"]},
    "list_notes": _list_notes,
    "write_note": _write_note,
    "show_note": lambda notes, arguments: f"note {arguments['id']}: {notes.get(arguments['id'], 'there is none')}",
    "remove_note": lambda notes, arguments: f"removed {notes.pop(arguments['id'], 'nothing')}",
}
"""What a tool does with the notes and its arguments: an object where it has an output schema, else a text."""


def messages(prompt: str, arguments: Definition) -> list[Definition]:
    """What a prompt is rendered to."""
    words = f"Please review this:\n{arguments['code']}" if prompt == "review" else "Please say hello."
    return [{"role": "user", "content": {"type": "text", "text": words}}]
