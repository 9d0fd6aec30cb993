"""A known problem that the project accepts, as its ``mcp-waivers.toml`` says it."""

from dataclasses import dataclass
from datetime import date

from pytest_mcp.model.server import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One entry: findings of ``check`` on ``server`` (name, id or glob) are accepted for ``reason``.

    ``element`` (exact or glob, ``tool:NAME``) and ``finding`` (a finding's fingerprint) narrow it; empty takes all.
    ``until`` is its last day; None for one without an end.
    """

    check: str
    server: str
    reason: str
    source: Source
    element: str = ""
    until: date | None = None
    finding: str = ""

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return self.until is not None and self.until < today
