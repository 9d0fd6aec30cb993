"""What somebody has looked at and approved of a server: its definitions as they were then."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The definitions of one server by ``kind:name``, and its ``instructions``, when ``by`` approved them at ``at``."""

    server: str
    at: datetime
    by: str
    definitions: Mapping[str, Any] = field(hash=False)
    instructions: str = ""
