"""What a server repeats of its secrets is in no table of the database, and in nothing that the verbs print of it."""

import json
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql

from pytest_mcp import cli
from tests.plugin.conftest import Project

SECRETS = {"API_TOKEN": "canary-env-91c2", "GREETING": "canary-plain-5d07", "PASSWORD": 'canary"quoted\\9'}
FLAG, QUERY, HEADER = "canary-flag-0b1e", "canary-query-22aa", "canary-header-e3f4"
VERBS = (
    ("history",),
    ("history", "--json"),
    ("show", "latest"),
    ("show", "latest", "--json"),
    ("list",),
    ("list", "--json"),
    ("explain", "connects"),
    ("explain", "tool-shape", "--json"),
)


def secretive(folder: Path) -> Project:
    """A project whose servers have secrets in every field and tell them whenever they are asked."""
    project = Project(folder=folder, junit=False)
    told = ["--api-key", FLAG]
    for name, more in (
        ("tells", {"resources": [{"uri": f"db://u:{SECRETS['API_TOKEN']}@h", "name": "table"}]}),
        ("quits", {"exit": 4}),
    ):
        project.serve(name, *told, env=SECRETS, echo=list(SECRETS), **more)
    url = f"http://127.0.0.1:1/mcp?token={QUERY}"
    project.entries["remote"] = {"type": "http", "url": url, "headers": {"Authorization": f"Bearer {HEADER}"}}
    return project


def leaks(text: str) -> list[str]:
    """The secrets that a text tells, as they are or as JSON spells them."""
    every = [*SECRETS.values(), FLAG, QUERY, HEADER]
    return [secret for secret in every if secret in text or json.dumps(secret)[1:-1] in text]


def rows(dsn: str) -> dict[str, str]:
    """Everything in the database, by table."""
    with psycopg.connect(dsn) as connection:
        named = connection.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        query = sql.SQL("SELECT coalesce(string_agg(row_to_json(t)::text, E'\\n'), '') FROM {} t")
        found = {}
        for (table,) in named.fetchall():
            row = connection.execute(query.format(sql.Identifier(table))).fetchone()
            found[table] = row[0] if row else ""
        return found


@pytest.mark.timeout(60)
def test_neither_the_database_nor_a_verb_tells_a_secret(
    tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = secretive(tmp_path)
    ran = project.run("-v", f"--mcp-db={dsn}")
    stored = rows(dsn)
    assert ran.code == 1
    assert "***" in "".join(stored.values())
    assert {table: leaks(text) for table, text in stored.items() if leaks(text)} == {}
    assert {"mcp_servers", "test_results", "findings", "cases"} <= {table for table, text in stored.items() if text}
    monkeypatch.chdir(tmp_path)
    for words in VERBS:
        done = CliRunner().invoke(cli.verbs, words, env={"PYTEST_MCP_DATABASE_URL": dsn})
        assert (done.exit_code, bool(done.output), leaks(done.output)) == (0, True, []), words
