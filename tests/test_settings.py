"""Settings: where each value comes from, and what a bad one is told."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_mcp.errors import SettingsError
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.run import Suite
from pytest_mcp.model.server import Source
from pytest_mcp.settings import (
    Gate,
    ServerSettings,
    Settings,
    TransportSettings,
    read_settings,
)
from pytest_mcp.settings.options import OPTIONS


def refused(
    message: str, root: Path, options: dict[str, Any] | None = None, environ: dict[str, str] | None = None
) -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings(options or {}, root, environ or {})
    assert str(caught.value) == message


def test_without_anything_given_the_defaults_hold(tmp_path: Path) -> None:
    settings = read_settings({}, tmp_path, {})

    assert settings == Settings(seed=settings.seed, report=tmp_path / "reports")
    assert (settings.timeout, settings.fail_on, settings.gate) == (30, Severity.MEDIUM, Gate.REPORT)
    assert (settings.db, settings.suites, settings.config) == (None, (), ())


def test_a_seed_that_nobody_gave_is_drawn_anew(tmp_path: Path) -> None:
    assert len({read_settings({}, tmp_path, {}).seed for _ in range(8)}) > 1


def test_every_option_of_the_command_line_is_read(tmp_path: Path) -> None:
    options = {
        "mcp_config": ["a.json", "/abs/b.json"],
        "mcp_only": ["x*", "y"],
        "mcp_suite": ["unit", "security"],
        "mcp_seed": "0",
        "mcp_timeout": "2.5",
        "mcp_deep": True,
        "mcp_fail_on": "HIGH",
        "mcp_gate": "enforce",
        "mcp_db": "none",
        "mcp_report": "out",
        "unrelated": object(),
    }
    here = tmp_path / "here"
    assert read_settings(options, tmp_path, {}, invocation_dir=here) == Settings(
        config=(here / "a.json", Path("/abs/b.json")),
        only=("x*", "y"),
        suites=(Suite.UNIT, Suite.SECURITY),
        seed=0,
        timeout=2.5,
        deep=True,
        fail_on=Severity.HIGH,
        gate=Gate.ENFORCE,
        db="none",
        report=here / "out",
    )


def test_values_that_the_command_line_has_converted_already_are_read_too(tmp_path: Path) -> None:
    settings = read_settings({"mcp_timeout": 5, "mcp_seed": 7, "mcp_report": Path("/r")}, tmp_path, {})
    assert (settings.timeout, settings.seed, settings.report) == (5.0, 7, Path("/r"))


@pytest.mark.parametrize(("word", "deep"), [("1", True), ("Yes", True), ("off", False), ("false", False)])
def test_a_switch_is_turned_by_the_environment_too(tmp_path: Path, word: str, deep: bool) -> None:
    assert read_settings({"mcp_deep": False}, tmp_path, {"PYTEST_MCP_DEEP": word}).deep is deep


def test_options_that_were_not_given_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "pytest_mcp.toml").write_text('gate = "off"\nsuite = "unit"\n')
    settings = read_settings({"mcp_gate": None, "mcp_suite": [], "mcp_seed": None}, tmp_path, {})
    assert (settings.gate, settings.suites) == (Gate.OFF, (Suite.UNIT,))


def test_the_command_line_is_stronger_than_the_environment_and_that_than_the_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.pytest_mcp]\ntimeout = 1\nseed = 1\ngate = 'off'\n")
    environ = {"PYTEST_MCP_TIMEOUT": "2", "PYTEST_MCP_SEED": "2", "PYTEST_MCP_GATE": ""}
    settings = read_settings({"mcp_timeout": "3"}, tmp_path, environ)
    assert (settings.timeout, settings.seed, settings.gate) == (3, 2, Gate.OFF)


def test_the_database_is_taken_from_its_own_variable(tmp_path: Path) -> None:
    environ = {"PYTEST_MCP_DATABASE_URL": "postgresql://u:secret@h/d", "PYTEST_MCP_DB": "ignored"}
    settings = read_settings({}, tmp_path, environ)
    assert settings.db == "postgresql://u:secret@h/d"
    assert "secret" not in repr(settings)


def test_what_each_run_asks_for_is_not_taken_from_the_environment(tmp_path: Path) -> None:
    environ = {"PYTEST_MCP_ONLY": "x", "PYTEST_MCP_CONFIG": "x"}
    assert read_settings({"mcp_seed": 1}, tmp_path, environ) == Settings(seed=1, report=tmp_path / "reports")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("timeout", "0", "--mcp-timeout: '0' must be a number of seconds above 0, like 30"),
        ("timeout", "-1", "--mcp-timeout: '-1' must be a number of seconds above 0, like 30"),
        ("timeout", "nan", "--mcp-timeout: 'nan' must be a number of seconds above 0, like 30"),
        ("timeout", "inf", "--mcp-timeout: 'inf' must be a number of seconds above 0, like 30"),
        ("timeout", "soon", "--mcp-timeout: 'soon' must be a number of seconds above 0, like 30"),
        (
            "suite",
            ["unit", "securty"],
            "--mcp-suite: 'securty' must be one of unit, integration, performance, security, update, cleanup;"
            " did you mean 'security'",
        ),
        ("fail_on", "bad", "--mcp-fail-on: 'bad' must be one of info, low, medium, high, critical"),
        ("gate", "on", "--mcp-gate: 'on' must be one of off, report, enforce"),
        ("seed", "-1", "--mcp-seed: '-1' must be a whole number from 0 to 2**63-1"),
        ("seed", "1.5", "--mcp-seed: '1.5' must be a whole number from 0 to 2**63-1"),
        ("seed", str(2**63), f"--mcp-seed: '{2**63}' must be a whole number from 0 to 2**63-1"),
        ("report", " ", "--mcp-report: ' ' must not be empty; leave it out or give a value"),
        ("config", [""], "--mcp-config: '' must not be empty; leave it out or give a value"),
        ("db", "", "--mcp-db: the value must not be empty; leave it out or give a value"),
    ],
)
def test_a_bad_option_is_refused_by_name(tmp_path: Path, option: str, value: Any, message: str) -> None:
    refused(message, tmp_path, {f"mcp_{option}": value})


def test_a_bad_variable_is_refused_by_name(tmp_path: Path) -> None:
    refused(
        "PYTEST_MCP_TIMEOUT: 'x' must be a number of seconds above 0, like 30",
        tmp_path,
        {},
        {"PYTEST_MCP_TIMEOUT": "x"},
    )
    refused("PYTEST_MCP_GATE: 'on' must be one of off, report, enforce", tmp_path, {}, {"PYTEST_MCP_GATE": "on"})


@pytest.mark.parametrize(("file", "head"), [("pyproject.toml", "[tool.pytest_mcp]\n"), ("pytest_mcp.toml", "\n")])
def test_the_table_is_read_from_either_file(tmp_path: Path, file: str, head: str) -> None:
    keys = 'config = "x.json"\nsuite = ["unit"]\nreport = "out"\ndb = "none"\nfail_on = "low"\n'
    (tmp_path / file).write_text("\ufeff" + head + keys)
    settings = read_settings({}, tmp_path, {}, invocation_dir=tmp_path / "sub")
    assert settings == Settings(
        seed=settings.seed,
        config=(tmp_path / "x.json",),
        suites=(Suite.UNIT,),
        report=tmp_path / "out",
        db="none",
        fail_on=Severity.LOW,
        file=file,
    )


def test_servers_and_their_transports_are_read_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\n[tool.pytest_mcp.servers."a.b"]\ntimeout = 5\n\n'
        '[tool.pytest_mcp.servers."a.b".transports.http]  # over http\n'
        'command = "c"\nargs = ["x"]\nenv = { K = "v" }\nurl = "http://h"\ncwd = "d"\n'
        "[tool.pytest_mcp.servers.plain]\n"
    )
    settings = read_settings({}, tmp_path, {})
    file = "pyproject.toml"
    assert settings.servers == (
        ServerSettings(
            name="a.b",
            source=Source(path=file, line=3),
            timeout=5,
            transports=(
                TransportSettings(
                    kind="http",
                    source=Source(path=file, line=6),
                    command="c",
                    args=("x",),
                    env=(("K", "v"),),
                    url="http://h",
                    cwd="d",
                ),
            ),
        ),
        ServerSettings(name="plain", source=Source(path=file, line=12)),
    )


def test_hints_for_tools_are_read_with_their_place_and_dates_as_texts(tmp_path: Path) -> None:
    (tmp_path / "pytest_mcp.toml").write_text(
        "timeout = 3\n[servers.notes.tools.search]\nquery = 'hello'\nsince = 2026-01-15\n"
        "[servers.notes.tools.find]\nfilters = [{ at = 10:30:00 }]\n"
    )
    (server,) = read_settings({}, tmp_path, {}).servers
    search, find = server.hints
    assert (search.tool, search.where) == ("search", "pytest_mcp.toml:2: servers.notes.tools.search")
    assert search.arguments == {"query": "hello", "since": "2026-01-15"}
    assert find.arguments == {"filters": [{"at": "10:30:00"}]}
    assert "hello" not in repr(server)


def test_a_pyproject_without_our_table_is_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert read_settings({}, tmp_path, {}).file is None


def test_two_tables_are_refused_by_both_names(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("\n[tool.pytest_mcp]\n")
    (tmp_path / "pytest_mcp.toml").write_text("")
    refused(
        "pyproject.toml:2: [tool.pytest_mcp] here and pytest_mcp.toml both hold settings; keep one of them", tmp_path
    )


LATER = [
    "baseline",
    "baseline_update",
    "compare",
    "osv",
    "update",
    "cleanup",
    "shard",
]


@pytest.mark.parametrize("key", LATER)
def test_what_does_not_act_yet_is_refused_and_named_nowhere(tmp_path: Path, key: str) -> None:
    (tmp_path / "pytest_mcp.toml").write_text(f"{key} = 'x'\n")
    with pytest.raises(SettingsError, match=f"^pytest_mcp.toml:1: {key}: unknown key") as caught:
        read_settings({}, tmp_path, {f"PYTEST_MCP_{key.upper()}": "x"})
    assert "--mcp" not in str(caught.value)
    assert f"--mcp-{key.replace('_', '-')}" not in [option.flag for option in OPTIONS]


SERVER = "servers.a.transports.http"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            "seed = 1\ntimeuot = 3\n",
            "pytest_mcp.toml:2: timeuot: unknown key; did you mean 'timeout'; allowed here: config, suite,"
            " seed, timeout, deep, deep_seconds, sandbox, fail_on, gate, db, report, servers",
        ),
        ("only = 'a*'\n", "pytest_mcp.toml:1: only: each run asks for this anew; pass --mcp-only instead"),
        ("timeout = '3'\n", "pytest_mcp.toml:1: timeout: input should be a valid number; mend the value"),
        ("seed = 1.5\n", "pytest_mcp.toml:1: seed: input should be a valid integer; mend the value"),
        ("gate = false\n", "pytest_mcp.toml:1: gate: input should be a valid string; mend the value"),
        ("config = [1]\n", "pytest_mcp.toml:1: config.0: input should be a valid string; mend the value"),
        (
            "suite = ['x']\n",
            "pytest_mcp.toml:1: suite: 'x' must be one of unit, integration, performance, security, update, cleanup",
        ),
        ("\ntimeout = 0\n", "pytest_mcp.toml:2: timeout: '0' must be a number of seconds above 0, like 30"),
        (
            "fail_on = 'hi'\n",
            "pytest_mcp.toml:1: fail_on: 'hi' must be one of info, low, medium, high, critical; did you mean 'high'",
        ),
        ("db = ''\n", "pytest_mcp.toml:1: db: the value must not be empty; leave it out or give a value"),
        ("[servers]\na = 1\n", "pytest_mcp.toml:2: servers.a: must be a table; write it as one"),
        (
            "[servers.a]\ncommand = 'x'\n",
            "pytest_mcp.toml:2: servers.a.command: unknown key; allowed here: timeout, oauth, transports, tools",
        ),
        (
            "[servers.a]\ntimeout = -1\n",
            "pytest_mcp.toml:2: servers.a.timeout: -1.0 must be a number of seconds above 0, like 30",
        ),
        (
            "[servers.a.transports.htpp]\ncommand = 'x'\n",
            "pytest_mcp.toml:1: servers.a.transports.htpp: unknown key; did you mean 'http'; allowed here: http",
        ),
        (
            f"[{SERVER}]\nurl = 'http://h'\n",
            f"pytest_mcp.toml:1: {SERVER}.command: is missing; add it",
        ),
        (
            f"[{SERVER}]\ncommand = 'x'\nheaders = {{}}\n",
            f"pytest_mcp.toml:3: {SERVER}.headers: unknown key; allowed here: command, args, env, url, cwd",
        ),
        (
            f"[{SERVER}]\ncommand = 'x'\n[{SERVER}.env]\nPORT = 80\n",
            f"pytest_mcp.toml:4: {SERVER}.env.PORT: input should be a valid string; mend the value",
        ),
        (
            "[servers.'a b'.transports.http]\ncommand = ''\n",
            "pytest_mcp.toml:2: servers.'a b'.transports.http.command: string should have at least 1 character;"
            " mend the value",
        ),
        (
            "seed = 'x'\n[servers.a]\ntimeout = 'y'\n",
            "pytest_mcp.toml:1: seed: input should be a valid integer; mend the value\n"
            "pytest_mcp.toml:3: servers.a.timeout: input should be a valid number; mend the value",
        ),
        (
            "a = 1\nb = = 2\n",
            "pytest_mcp.toml:2:5: bad TOML: Invalid value (at line 2, column 5); mend it",
        ),
        ("a = " + "[" * 5000, "pytest_mcp.toml: nested too deeply; make it flatter"),
    ],
)
def test_a_bad_table_is_refused_with_file_line_and_key(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "pytest_mcp.toml").write_text(table)
    refused(message, tmp_path)


def test_complaints_about_pyproject_name_the_whole_key(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.x]\ngate = 1\n[tool.pytest_mcp]\ngate = 'x'\n")
    refused("pyproject.toml:4: tool.pytest_mcp.gate: 'x' must be one of off, report, enforce", tmp_path)


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\npytest_mcp = 1\n")
    refused("pyproject.toml: tool.pytest_mcp is not a table; write [tool.pytest_mcp]", tmp_path)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytest_mcp.toml").write_bytes(b"a = '\xff'")
    refused("pytest_mcp.toml: not UTF-8 at byte 5; save it as UTF-8", tmp_path)


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pytest_mcp.toml").mkdir()
    refused("pytest_mcp.toml: cannot be read (Is a directory); make it a readable file", tmp_path)


@pytest.mark.parametrize("table", ["db = 1\nseed = 'CANARY'\n", "timeout = 'CANARY'\n", f"{SERVER}.env = 'CANARY'\n"])
def test_no_complaint_about_a_table_repeats_a_value_of_the_wrong_type(tmp_path: Path, table: str) -> None:
    (tmp_path / "pytest_mcp.toml").write_text(table)
    with pytest.raises(SettingsError) as caught:
        read_settings({}, tmp_path, {})
    assert "CANARY" not in f"{caught.value!r}{caught.value}"


def test_importing_settings_is_cheap() -> None:
    code = (
        "import sys, pytest_mcp.settings as s, pathlib; s.read_settings({}, pathlib.Path('/'), {}); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not [name for name in loaded if re.match(r"pydantic|pytest_mcp\.inventory|pytest$|difflib$", name)]
