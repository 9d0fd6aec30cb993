"""SQL that changes a database, plainly and in the ways that filters for reading overlook."""

import re
from collections.abc import Iterator

from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.generation.probes.leaves import Leaf
from pytest_mcp.model.probe import Aim, Family, Probe

_SQL = re.compile(r"^\s*(?:select|with|insert|update|delete|create|pragma|explain)\b", re.IGNORECASE)
PLAIN = "a plain INSERT"
_DISGUISED = (
    ("a comment before it", "/* {mark} */ {write}"),
    ("a second statement", "SELECT 1; {write}"),
    ("a common table expression", "WITH x(a) AS (SELECT 1) {write}"),
    ("lower case and spaces", "  \t{lower}"),
    ("RETURNING", "{write} RETURNING *"),
    ("EXPLAIN before a second statement", "EXPLAIN SELECT 1; {write}"),
    ("a comment that ends in a statement", "SELECT 1 --\n; {write}"),
)


def probes(ground: Ground) -> Iterator[Probe]:
    """For every argument that is SQL in the call that works; the last one looks what has been written."""
    for leaf in ground.texts:
        if leaf.value is None or not _SQL.match(leaf.value):
            continue
        yield _writing(ground, leaf, Aim.PLAIN, PLAIN, "{write}")
        for label, pattern in _DISGUISED:
            yield _writing(ground, leaf, Aim.WRITE, label, pattern)
        target = f"{ground.world.outside}/attached-{ground.mark(leaf, 'ATTACH')}.db"
        attach = f"ATTACH DATABASE '{target}' AS x"
        yield ground.probe(leaf, Family.STATEMENT, Aim.FILE, "ATTACH", attach, target=target)
        look = f"SELECT {ground.world.columns[1]} FROM {ground.world.table}"  # noqa: S608 - in the planted world
        yield ground.probe(leaf, Family.STATEMENT, Aim.LOOK, "a look", look)


def _writing(ground: Ground, leaf: Leaf, aim: Aim, label: str, pattern: str) -> Probe:
    world, mark = ground.world, ground.mark(leaf, label)
    write = f"INSERT INTO {world.table} ({', '.join(world.columns[1:3])}) VALUES ('{mark}', 1)"  # noqa: S608
    value = pattern.replace("{write}", write).replace("{lower}", write.lower()).replace("{mark}", "read only")
    return ground.probe(leaf, Family.STATEMENT, aim, label, value)
