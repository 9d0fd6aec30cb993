"""An MCP server for tests: correct in both eras over both transports, with defects that can be switched on.

python -S tests/servers/mcp_server.py --era both --transport stdio
python -S tests/servers/mcp_server.py --era legacy --transport http --port 8123 --defect tool-listed-twice
"""

import argparse
import sys
from pathlib import Path

# This folder must not be the place where modules are looked for first; the repository is where ours are found.
sys.path[0] = str(Path(__file__).resolve().parents[2])

from tests.servers.defects import EVERY  # noqa: E402
from tests.servers.defects.registry import BOTH, broken  # noqa: E402


def main() -> None:
    """Read the switches and serve."""
    options = _options()
    unfit = [name for name in options.defect if not EVERY[name].exists(options.era, options.transport)]
    if unfit:
        sys.exit(f"not in era {options.era} over {options.transport}: {', '.join(unfit)}")
    eras = BOTH if options.era == "both" else frozenset({options.era})
    server = broken(eras, tuple(EVERY[name] for name in options.defect))
    if options.transport == "stdio":
        from tests.servers import over_stdio

        over_stdio.serve(server)
    else:
        from tests.servers import over_http

        over_http.serve(server, options.port, streams=options.sse)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--era", choices=("legacy", "modern", "both"), default="both")
    parser.add_argument("--transport", choices=("stdio", "http"), default="stdio")
    parser.add_argument("--port", type=int, default=0, help="of 127.0.0.1; 0 takes a free one and tells it on stderr")
    parser.add_argument("--sse", action="store_true", help="answer over HTTP with streams of events")
    parser.add_argument("--defect", action="append", default=[], choices=EVERY, metavar="NAME")
    return parser.parse_args()


if __name__ == "__main__":
    main()
