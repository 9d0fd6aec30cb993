"""Does a server that speaks both eras of the protocol offer the same in both?"""

from pytest_mcp.checks import check
from pytest_mcp.errors import ClientError
from pytest_mcp.fixtures import McpFleet, McpReport, McpServer
from pytest_mcp.model.finding import Severity, Violation
from pytest_mcp.model.interface import Era, Interface


@check(
    "eras-agree",
    severity=Severity.MEDIUM,
    reference="MCP 2026-07-28 basic/versioning, Backward Compatibility",
    remedy="register tools, resources and prompts once, for both eras",
    era=Era.MODERN,
    starts="other-era",
)
def test_both_eras_list_the_same(mcp_server: McpServer, mcp_fleet: McpFleet, mcp_report: McpReport) -> None:
    """A server that also speaks a revision before 2026-07-28 lists the same there."""
    if not mcp_fleet.deep:
        mcp_report.not_applicable("takes a start of its own: run with --mcp-deep")
    try:
        connection, older = mcp_fleet.connections.open(mcp_server.entry, purpose="other-era", era=Era.LEGACY)
    except ClientError as error:
        offered = _older_revisions(mcp_server.interface)
        if not offered:
            mcp_report.not_applicable(f"speaks {mcp_server.interface.revision} only: {error}")
        mcp_report.judge([Violation(title=f"offers {', '.join(offered)}, but cannot be opened so", got=str(error))])
        return
    connection.close()
    mcp_report.judge(_differences(mcp_server.interface, older))


def _older_revisions(interface: Interface) -> list[str]:
    """What server/discover names beside the modern ones; a server need not name those it opens with initialize."""
    listed = interface.handshake.get("supportedVersions") if isinstance(interface.handshake, dict) else None
    versions = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    return [each for each in versions if each < "2026-07-28"]


def _differences(newer: Interface, older: Interface) -> list[Violation]:
    sides = [(newer, older), (older, newer)]
    return [
        Violation(title=f"lists in revision {one.revision} only what {other.revision} lacks", evidence="\n".join(names))
        for one, other in sides
        if (names := sorted(_names(one) - _names(other)))
    ]


def _names(interface: Interface) -> set[str]:
    return {f"{element.kind}:{element.name}" for element in interface.elements}
