"""What a project demands of a run beyond the threshold the run itself was made with."""

from dataclasses import dataclass

from pytest_mcp.model.finding import Severity
from pytest_mcp.model.waiver import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The demands of the gate; the defaults are those of a project that wrote none down.

    ``warn_from`` is the least severity of a recorded finding that turns PASS into WARN. ``waivers`` are
    those of the run.
    """

    warn_from: Severity = Severity.LOW
    waivers: tuple[Waiver, ...] = ()
