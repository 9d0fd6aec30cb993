"""docs/hostile-servers.md has a line for every defect that a check is to name."""

import re
from pathlib import Path

import pytest

from tests.servers.defects import DEFECTS

PAGE = (Path(__file__).parents[2] / "docs" / "hostile-servers.md").read_text()
ROWS = dict(re.findall(r"^\| ([\w-]+) \| [^|]+ \| (.+) \|$", PAGE, flags=re.MULTILINE))
NAMED = [defect for defect in DEFECTS.values() if defect.check]


@pytest.mark.parametrize("defect", NAMED, ids=lambda defect: defect.name)
def test_a_defect_has_a_line_that_says_which_check_names_it(defect: object) -> None:
    line = ROWS[defect.name]  # type: ignore[attr-defined]
    assert f" {defect.check}: " in line.replace("\\_", "_")  # type: ignore[attr-defined]


def test_there_is_no_line_without_a_defect() -> None:
    assert set(ROWS) - {"hostile server"} == {defect.name for defect in NAMED}
