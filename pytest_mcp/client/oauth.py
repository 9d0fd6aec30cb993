"""A bearer token for a remote server by the client-credentials grant, through the ``mcp`` SDK's own OAuth client.

No browser and no dynamic registration: a run in CI has credentials or it has none. The SDK is imported here only.
"""

import asyncio
from typing import TYPE_CHECKING

from pytest_mcp.client.tls import trouble, trusting
from pytest_mcp.client.wire import MODERN_REVISION
from pytest_mcp.errors import ClientError
from pytest_mcp.model.server import OAuth

if TYPE_CHECKING:
    from mcp.shared.auth import OAuthClientInformationFull, OAuthToken


class _Memory:
    """Keeps tokens for one flow: nothing is written anywhere."""

    def __init__(self) -> None:
        self.token: OAuthToken | None = None

    async def get_tokens(self) -> "OAuthToken | None":
        return self.token

    async def set_tokens(self, tokens: "OAuthToken") -> None:
        self.token = tokens

    async def get_client_info(self) -> "OAuthClientInformationFull | None":
        return None

    async def set_client_info(self, client_info: "OAuthClientInformationFull") -> None:
        return None


def bearer_token(url: str, oauth: OAuth, timeout: float) -> str | None:
    """Ask the server, follow its 401 to the authorization server, and return the token; None when none was demanded.

    Raises ClientError when the SDK is not installed or the flow fails; the secret is in no message.
    """
    try:
        import mcp.client.auth  # noqa: F401
    except ImportError:
        raise ClientError("this server needs OAuth; install pytest-mcp-fleet[oauth]") from None
    try:
        return asyncio.run(asyncio.wait_for(_flow(url, oauth, timeout), timeout))
    except TimeoutError:
        raise ClientError(f"OAuth did not finish within {timeout:g} s") from None
    except Exception as error:  # noqa: BLE001 - the SDK's errors have no common base
        reason = (trouble(error) or f"{type(error).__name__}: {error}").replace(oauth.client_secret, "***")
        raise ClientError(f"OAuth failed: {reason}") from None


async def _flow(url: str, oauth: OAuth, timeout: float) -> str | None:
    import httpx2
    from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider

    memory = _Memory()
    provider = ClientCredentialsOAuthProvider(
        server_url=url,
        storage=memory,
        client_id=oauth.client_id,
        client_secret=oauth.client_secret,
        scope=oauth.scope,
        issuer=oauth.issuer,
    )
    headers = {"Accept": "application/json, text/event-stream", "Mcp-Protocol-Version": MODERN_REVISION}
    message = {"jsonrpc": "2.0", "id": 0, "method": "server/discover"}
    async with httpx2.AsyncClient(auth=provider, timeout=timeout, trust_env=False, verify=trusting()) as client:
        async with client.stream("POST", url, json=message, headers=headers) as response:
            if response.status_code in (401, 403):
                raise ClientError(f"the server refuses the token it asked for: HTTP {response.status_code}")
    return memory.token.access_token if memory.token else None
