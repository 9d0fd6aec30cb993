"""How verbs print: tables whose cells cannot steer the terminal, and JSON in ASCII."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click

from pytest_mcp.model.text import inert_line


def print_json(value: Any) -> None:
    """ASCII only: what a server sent can then not steer the terminal."""
    from pydantic_core import to_json

    click.echo(json.dumps(json.loads(to_json(value, inf_nan_mode="strings")), indent=2))


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int], limit: int = 60) -> None:
    """A line for each row; the columns of ``left`` are aligned to the left, cells cut at ``limit`` characters."""
    for line in table(names, rows, left, limit):
        click.echo(line)


def table(names: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[int], limit: int = 60) -> list[str]:
    """The lines of such a table."""
    lines = [names, *([inert_line(cell, limit) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [
        [
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        for line in lines
    ]
    return ["  ".join(line).rstrip() for line in padded]
