"""Every error a person can meet: one base, one family per room.

A message says where, what, and what to do now: lower case, no full stop, never a secret.
"""


class McpError(Exception):
    """Base of all errors this package raises on purpose; the message is meant for a person."""


class UsageError(McpError):
    """The user asked for something that cannot be done as asked: pytest exit code 4."""


class SettingsError(UsageError):
    """An option or a settings table has a value that cannot be used."""


class InventoryError(UsageError):
    """A config file as a whole cannot be used: missing, unreadable, not JSON, no servers."""


class ClientError(McpError):
    """A server could not be started or reached; raised only before an exchange exists."""


class SandboxError(McpError):
    """A server cannot be put into a sandbox as asked."""


class StoreError(McpError):
    """The results database cannot be started, reached or migrated."""


class ReportError(UsageError):
    """The report folder cannot be written, or a stored run cannot be read."""


class HarnessError(McpError):
    """Our own fault, met while a server was exercised: a test that depends on it is an error, not a verdict."""
