"""Every defect the test server can be switched to, by name."""

from tests.servers.defects import calls, definitions, floods, handshake, headers, lists, messages, process, utilities
from tests.servers.defects.registry import Broken, Defect, Point

DEFECTS: dict[str, Defect] = {
    defect.name: defect
    for room in (definitions, lists, handshake, messages, headers, utilities, process, floods)
    for defect in room.DEFECTS
}
"""All of them, in the order of the files that declare them."""

CALLS: dict[str, Defect] = {defect.name: defect for defect in calls.DEFECTS}
"""Those that only calls show: the integration suite's."""
EVERY: dict[str, Defect] = {**DEFECTS, **CALLS}

__all__ = ["CALLS", "DEFECTS", "EVERY", "Broken", "Defect", "Point"]
