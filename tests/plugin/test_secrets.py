"""Secrets of the config reach the servers and no output: whatever a server repeats, and whoever fails over it."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin.conftest import SERVER, Project, Ran

CANARIES = {
    "env": "canary-env-91c2",
    "plain": "canary-plain-5d07",
    "expanded": "canary-expanded-77aa",
    "flag": "canary-flag-0b1e",
    "header": "canary-header-e3f4",
    "two lines": "canary-first-4c\ncanary-second-9d",
    "quoted": 'canary"quoted\\9',
    "dsn": "canary-dsn-8e21",
}
THEIRS = """
from pytest_mcp.checks import definitions

def test_repeats_it(mcp_tool):
    print(mcp_tool.definition)
    assert mcp_tool.definition == "nothing", mcp_tool.name

def test_notes_it(mcp_tool, mcp_report, mcp_client):
    mcp_report.note(str(mcp_tool.definition))
    raise ValueError(str(mcp_client.request("no/such").error))
"""
CONFTEST = """
from pytest_mcp.checks import definitions

def annotations(element):
    raise ZeroDivisionError(f"our own fault with {element.definition}")

definitions.annotations = annotations
"""


@pytest.fixture(scope="module", params=["alone", "xdist"])
def ran(request: pytest.FixtureRequest, new_project: Callable[[], Project]) -> Ran:
    project = new_project()
    secrets = {
        "API_TOKEN": CANARIES["env"],
        "GREETING": CANARIES["plain"],
        "FROM_OUTSIDE": "${MCP_CANARY}",
        "PEM_KEY": CANARIES["two lines"],
        "PASSWORD": CANARIES["quoted"],
    }
    told = ["--api-key", CANARIES["flag"]]
    uri = f"db://user:{CANARIES['env']}@host/table"
    project.serve(
        "tells", *told, env=secrets, echo=list(secrets), resources=[{"uri": uri, "name": "table"}, {"uri": uri}]
    )
    project.serve("quits", *told, env=secrets, echo=list(secrets), exit=4)
    named = [{"name": CANARIES["env"], "description": CANARIES["plain"], "inputSchema": CANARIES["flag"]}] * 2
    project.serve("named", *told, env=secrets, tools=named)
    header = {"Authorization": f"Bearer {CANARIES['header']}"}
    project.entries["remote"] = {
        "type": "http",
        "url": "http://127.0.0.1:1/mcp?token=canary-query-22",
        "headers": header,
    }
    project.write("conftest.py", CONFTEST)
    project.write("test_theirs.py", THEIRS)
    options = ["-n2"] if request.param == "xdist" else []
    return project.run(
        "-vv", "-rA", "--showlocals", "test_theirs.py", *options,
        f"--mcp-db=postgresql://me:{CANARIES['dsn']}@127.0.0.1:1/x",
        env={"MCP_CANARY": CANARIES["expanded"]},
    )  # fmt: skip


def test_no_output_has_a_secret(ran: Ran) -> None:
    inputs = {".mcp.json", "tells.json", "quits.json", "named.json", "remote.json", "conftest.py", "test_theirs.py"}
    files = [path for path in ran.folder.rglob("*") if path.is_file() and path.name not in inputs]
    assert {"results.ndjson", "index.html", "results.sarif", "junit.xml"} <= {path.name for path in files}
    assert any(".pytest_mcp" in path.parts for path in files)
    texts = {"stdout": ran.out, "stderr": ran.err}
    texts |= {str(path.relative_to(ran.folder)): path.read_bytes().decode(errors="replace") for path in files}
    leaks = {(name, place) for place, text in texts.items() for name in leaked(text)}
    assert leaks == set()
    assert not [path for path in files if "canary" in path.name]


def leaked(text: str) -> set[str]:
    spelled = {name: {value, json.dumps(value)[1:-1], *value.splitlines()} for name, value in CANARIES.items()}
    spelled["query"] = {"canary-query-22"}
    return {name for name, forms in spelled.items() if any(form in text for form in forms)}


def test_the_servers_had_the_secrets_and_repeated_them(ran: Ran) -> None:
    assert "***" in ran.out
    assert {server.id: server.connected for server in ran.run.servers} == {
        "tells": True, "quits": False, "named": True, "remote": False
    }  # fmt: skip
    evidence = next(case for case in ran.run.cases if case.server == "quits").findings[0].evidence
    assert "***" in evidence
    harness = [case for case in ran.run.cases if case.outcome == "error"]
    assert harness
    assert all("our own fault with" in case.message for case in harness)


def test_the_config_is_left_alone(project: Project) -> None:
    """Its bytes, mode, inode and times; the folder of the wrapper script too."""
    script = project.write("bin/wrapper", f"#!/bin/sh\nexec {sys.executable} -I -S {SERVER} one.json\n")
    script.chmod(0o755)
    project.write("one.json", "{}")
    config = project.write("conf/servers.json", json.dumps({"mcpServers": {"one": {"command": "bin/wrapper"}}}))
    config.chmod(0o440)
    seen = [(path.read_bytes(), *stamp(path)) for path in (config, script)]
    folders = [stamp(path.parent) for path in (config, script)]
    ran = project.run("--mcp-config=conf/servers.json")
    assert ran.code == 0
    assert [(path.read_bytes(), *stamp(path)) for path in (config, script)] == seen
    assert [stamp(path.parent) for path in (config, script)] == folders


def stamp(path: Path) -> tuple[int, ...]:
    state = path.stat()
    return state.st_mode, state.st_ino, state.st_mtime_ns, state.st_ctime_ns


def test_our_own_password_does_not_reach_a_server(project: Project) -> None:
    project.serve("one", echo=["PYTEST_MCP_DATABASE_URL", "PYTEST_CURRENT_TEST", "SHELL_SAYS"])
    env = {"PYTEST_MCP_DATABASE_URL": "postgresql://me:hidden-5511@127.0.0.1:1/x", "SHELL_SAYS": "hello"}
    ran = project.run("-k", "name_and_version", "--mcp-db=none", env=env)
    assert ran.run.servers[0].told_version.split() == ["hello"]
