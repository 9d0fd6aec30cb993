"""``pytest-mcp hints``: arguments that made tools work, as settings to start from, and the tools that need some."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from pytest_mcp.cli.project import db_option, json_option, load
from pytest_mcp.cli.tables import print_json
from pytest_mcp.errors import UsageError
from pytest_mcp.model.run import ServerFacts, ToolCalled
from pytest_mcp.model.text import inert_line

_PLANTED = re.compile(r"\{(?:workspace|box|page)\}")


@click.command()
@click.argument("run", default="latest")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write a new file, not stdout.")
@json_option
@db_option
def hints(run: str, output: Path | None, as_json: bool, db: str | None) -> None:
    """Write a starter hints file from RUN: arguments that worked, and the tools that could not be made to work.

    What came from the planted world of the sandbox is left out: it is another one in every run.
    """
    servers = [server for server in load(run, db).servers if server.called]
    if not servers:
        raise UsageError("that run called no tools; run pytest --mcp --mcp-suite integration")
    if as_json:
        print_json({server.id: server.called for server in servers})
        return
    text = "\n".join(_lines(servers)) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with output.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{output}: is there already; choose another name, or print to stdout and merge") from None
    except OSError as error:
        raise UsageError(f"{output}: cannot be written: {error.strerror}") from None
    click.echo(f"wrote {output}")


def _lines(servers: list[ServerFacts]) -> Iterator[str]:
    yield "# For pytest_mcp.toml, or with the prefix tool.pytest_mcp for pyproject.toml: what tools are called with."
    for server in servers:
        for called in server.called:
            yield ""
            yield from _tool(server, called)


def _tool(server: ServerFacts, called: ToolCalled) -> Iterator[str]:
    import tomli_w

    table = ".".join(map(_key, ("servers", server.name, "tools", called.tool)))
    if called.problem:
        yield f"# no call of it worked: {inert_line(called.problem, 200)}"
        yield f"# [{table}]"
        return
    arguments = json.loads(called.arguments) if called.arguments else {}
    kept = {name: value for name, value in arguments.items() if not _is_planted(value) and value is not None}
    planted = [name for name in arguments if name not in kept]
    yield f"# worked: {inert_line(called.proof, 200)}"
    if planted:
        yield f"# from the planted world, chosen anew in every run: {inert_line(', '.join(planted))}"
    yield f"[{table}]" if kept else f"# [{table}]"
    yield from tomli_w.dumps({name: value for name, value in kept.items() if _has_toml(value)}).splitlines()


def _key(part: str) -> str:
    return part if re.fullmatch(r"[A-Za-z0-9_-]+", part) else json.dumps(part)


def _is_planted(value: Any) -> bool:
    return bool(_PLANTED.search(json.dumps(value)))


def _has_toml(value: Any) -> bool:
    """TOML has no null, neither inside of arrays and tables."""
    if isinstance(value, dict):
        return all(map(_has_toml, value.values()))
    if isinstance(value, list):
        return all(map(_has_toml, value))
    return value is not None
