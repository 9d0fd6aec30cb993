"""Addresses that only the server's own machine reaches, in spellings that filters overlook, and local files as URLs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from pytest_mcp.generation.probes.draft import Ground
from pytest_mcp.generation.probes.leaves import Leaf
from pytest_mcp.generation.words import listed
from pytest_mcp.model.probe import Aim, Family, Probe

SPELLINGS = ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0", "127.1")  # noqa: S104
_NAMED = listed("url uri urls href link endpoint webhook website webpage host hostname address proxy callback")


def probes(ground: Ground) -> Iterator[Probe]:
    """For every argument that may be an address; nothing where the box has no page to ask."""
    port = urlsplit(ground.world.url).port
    for leaf in ground.texts:
        if port and is_address(leaf):
            for host in SPELLINGS:
                mark = ground.mark(leaf, host)
                yield ground.probe(leaf, Family.ADDRESS, Aim.HTTP, host, f"http://{host}:{port}/{mark}.html")
            secret = f"{ground.world.outside}/secret.txt"
            yield ground.probe(leaf, Family.ADDRESS, Aim.FILE, "a local file", f"file://{secret}", target=secret)


def is_address(leaf: Leaf) -> bool:
    """Whether a text is, or may be, a URL."""
    value = leaf.value or ""
    return "://" in value or (bool(leaf.words & _NAMED) and not value.startswith(("/", ".")))
