"""The command that repeats a run keeps what decides its results and drops the rest."""

from dataclasses import replace

import pytest

from pytest_mcp.reporting.rerun import rerun
from tests.reporting.example import example


@pytest.mark.parametrize(
    ("command", "kept"),
    [
        ("pytest --mcp", ""),
        ("python -m pytest --mcp -n 2 -k time --mcp-seed 3 --mcp-only x tests/", ""),
        ("pytest --mcp --mcp-config a.json --mcp-config=b.json", "--mcp-config a.json --mcp-config=b.json "),
        ("pytest --mcp --mcp-config 'my configs/a.json'", "--mcp-config 'my configs/a.json' "),
        (
            "pytest --mcp --mcp-fail-on low --mcp-timeout=5 --mcp-deep",
            "--mcp-fail-on low --mcp-timeout=5 --mcp-deep ",
        ),
        ("pytest --mcp --mcp-config", ""),
        ("pytest --mcp 'unbalanced", ""),
    ],
)
def test_a_rerun_keeps_how_servers_are_found_and_judged(command: str, kept: str) -> None:
    assert rerun(replace(example(), command=command)) == f"pytest --mcp {kept}--mcp-seed 281734"


def test_names_and_node_ids_are_quoted_for_the_shell_and_the_glob() -> None:
    run = replace(example(), command="pytest --mcp")
    assert rerun(run, servers=["a[b]"]) == "pytest --mcp --mcp-only 'a[[]b]' --mcp-seed 281734"
    assert rerun(run, nodeids=["x.py::t['; rm -rf /]"]).endswith(""" 'x.py::t['"'"'; rm -rf /]'""")
