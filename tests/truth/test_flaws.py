"""Every published flaw can be read, and docs/truth.md has its line; the flaws themselves run as ``tox -qe truth``."""

from pathlib import Path

import pytest

from tests.suites.declared import SECURITY
from tests.truth.flaw import SIDES, Flaw, flaws

PAGE = (Path(__file__).parents[2] / "docs" / "truth.md").read_text()


@pytest.mark.parametrize("flaw", flaws(), ids=lambda flaw: flaw.id)
def test_a_flaw_names_checks_that_are_there_and_has_its_line(flaw: Flaw) -> None:
    assert set(flaw.checks) <= set(SECURITY)
    assert f"| {flaw.id} | {flaw.affected} |" in PAGE
    assert flaw.launch or flaw.http
    assert all(flaw.version(side) in flaw.requirements(side)[0] for side in SIDES)


def test_there_are_twelve() -> None:
    assert len(flaws()) == 12
