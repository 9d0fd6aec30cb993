"""With ``--mcp-deep``: does a tool withstand whatever its schema allows? The least that breaks it is told."""

import time
from typing import Any

from pytest_mcp.checks import calls, check
from pytest_mcp.fixtures import McpFleet, McpReport, McpSandbox
from pytest_mcp.generation.schema import GapError
from pytest_mcp.model.call import Control
from pytest_mcp.model.exchange import Ask, Exchange
from pytest_mcp.model.finding import Severity
from pytest_mcp.model.interface import Element


@check(
    "tool-withstands",
    severity=Severity.HIGH,
    reference="MCP server/tools, Security Considerations; CWE-20, CWE-248",
    remedy="handle every value that inputSchema allows, or narrow inputSchema to what is handled",
    deep=True,
)
def test_tool_withstands_what_its_schema_allows(
    mcp_tool: Element, mcp_fleet: McpFleet, mcp_sandbox: McpSandbox, mcp_control: Control, mcp_report: McpReport
) -> None:
    """No arguments that the schema allows end the server, hang it, or break the code of the tool."""
    from pytest_mcp.generation.strategies import arguments, least

    until = time.monotonic() + mcp_fleet.deep_seconds
    seen: dict[str, Exchange] = {}
    tried = 0

    def breaks(values: dict[str, Any]) -> bool:
        nonlocal tried
        key = repr(values)
        if key not in seen and time.monotonic() < until:
            tried += 1
            seen[key] = mcp_sandbox.send(Ask(method="tools/call", params={"name": mcp_tool.name, "arguments": values}))
        return key in seen and calls.is_broken(seen[key])

    try:
        values = arguments(mcp_tool, mcp_control.call.case.arguments)
        found = least(values, breaks, seed=mcp_fleet.seed, over=lambda: time.monotonic() > until)
    except GapError as error:
        mcp_report.inconclusive(str(error))
    mcp_report.measure("generated", tried, "calls")
    if found is not None:
        mcp_report.judge(calls.broken(found, seen[repr(found)]))
