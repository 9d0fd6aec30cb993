"""Whom we trust over TLS, and what to tell a person about a connection that could not be trusted.

Trusted are the system's certificates, or those of ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``: what OpenSSL reads by itself.
"""

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

from pytest_mcp.errors import ClientError

_UNTRUSTED = {18, 19, 20, 21}
"""OpenSSL's codes for a chain that ends in no authority we know: X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT and its kin."""
_NOT_YET, _EXPIRED, _WRONG_HOST, _WRONG_ADDRESS = 9, 10, 62, 64
_PRIVATE = "if its authority is private, name the authority's certificate in SSL_CERT_FILE"
_PLAIN = {"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"}


def trusting() -> ssl.SSLContext:
    """A context for one connection; raises ClientError for an ``SSL_CERT_FILE`` that OpenSSL passes over silently."""
    if named := os.environ.get("SSL_CERT_FILE"):
        _refuse_useless(Path(named))
    return ssl.create_default_context()


def _refuse_useless(file: Path) -> None:
    try:
        ssl.create_default_context(cafile=str(file))
    except ssl.SSLError:
        raise ClientError(f"SSL_CERT_FILE: {file} holds no certificate in PEM form; name another or unset it") from None
    except OSError as error:
        raise ClientError(f"SSL_CERT_FILE: {file} cannot be read: {error.strerror}; name another or unset it") from None


def trouble(error: BaseException) -> str:
    """What went wrong with TLS and what to do about it; empty for an error that is about something else."""
    found = next((each for each in _chain(error) if isinstance(each, ssl.SSLError)), None)
    if isinstance(found, ssl.SSLCertVerificationError):
        return f"TLS: {_distrusted(found)}"
    if found is None:
        return ""
    if found.reason in _PLAIN:
        return "TLS: the server does not speak it on this port; write http:// in the url, or name its other port"
    return f"TLS: no agreement with the server ({found.reason or found}); look at the TLS versions it offers"


def _distrusted(error: ssl.SSLCertVerificationError) -> str:
    said = error.verify_message
    if error.verify_code in (_WRONG_HOST, _WRONG_ADDRESS):
        return f"the server's certificate is for another host ({said}); correct the url, or have one issued for it"
    if error.verify_code == _EXPIRED:
        return "the server's certificate has expired; have it renewed, or set this machine's clock"
    if error.verify_code == _NOT_YET:
        return "the server's certificate is not valid yet; set this machine's clock"
    if error.verify_code in _UNTRUSTED:
        return f"the server's certificate is not trusted ({said}); {_PRIVATE}"
    return f"the server's certificate is refused ({said}); {_PRIVATE}, else have it issued anew"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came from, at most a few steps back."""
    for _ in range(8):
        if error is None:
            return
        yield error
        error = error.__cause__ or error.__context__
