"""What the documents say of outcomes, rules and sections is what there is."""

import re
from pathlib import Path

from pytest_mcp.gate import decide
from pytest_mcp.reporting.html import render
from pytest_mcp.reporting.tally import GLYPHS, WORDS
from tests.reporting.example import example

DOCS = Path(__file__).parents[2] / "docs"


def test_every_rule_of_the_gate_is_documented_and_no_other() -> None:
    text = (DOCS / "outcomes.md").read_text("utf-8")
    documented = re.findall(r"^\| `([a-z.]+)` \|", text, re.MULTILINE)
    assert documented == [rule.id for rule in decide(example()).rules]


def test_every_outcome_is_documented_with_its_sign() -> None:
    outcomes = (DOCS / "outcomes.md").read_text("utf-8")
    signs = (DOCS / "report.md").read_text("utf-8")
    for outcome, word in WORDS.items():
        assert f"| {word.removeprefix('harness ')} |" in outcomes
        assert f"| {GLYPHS[outcome]} |" in signs


def test_every_section_of_the_report_is_documented_in_its_order() -> None:
    run = example()
    page = render(run)
    sections = [title.strip() for title in re.findall(r'<h2 id="[^"]*">([^<]*)', page)]
    documented = re.findall(r"^\| ([A-Z][A-Za-z ]*) \|", (DOCS / "report.md").read_text("utf-8"), re.MULTILINE)
    assert documented == sections
