"""What a project demands of a run beyond the threshold the run itself was made with."""

from dataclasses import dataclass

from pytest_mcp.model.finding import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The demands of the gate; the defaults are those of a project that wrote none down.

    ``warn_from`` is the least severity of a recorded finding that turns PASS into WARN.
    """

    warn_from: Severity = Severity.LOW
