"""A server over TLS is trusted as the environment says, a refusal says what to do, and no proxy is ever asked."""

import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from pytest_mcp.client.fleet import Fleet
from pytest_mcp.client.oauth import bearer_token
from pytest_mcp.model.interface import Era, Interface
from pytest_mcp.model.server import Http, OAuth, Sse
from tests.client.conftest import server_of
from tests.servers.defects.registry import BOTH, broken
from tests.servers.over_http import Server

HERE = "127.0.0.1"
Serve = Callable[..., str]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A private certificate authority."""
    return trustme.CA()


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts the good server in a thread, with this certificate where one is given; its address is returned."""
    started: list[ThreadingHTTPServer] = []

    def serve(certificate: trustme.LeafCert | None = None) -> str:
        server = Server(0, broken(BOTH), streams=False)
        started.append(server)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return f"{HERE}:{server.server_address[1]}/mcp"

    yield serve
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture
def reached(tmp_path: Path) -> Iterator[Callable[..., Interface]]:
    """What comes of connecting to a url."""
    fleets: list[Fleet] = []

    def reach(url: str, timeout: float = 5.0) -> Interface:
        fleets.append(Fleet(tmp_path, timeout=timeout))
        return fleets[-1].connect(server_of((Sse if url.endswith("sse") else Http)(url=url)))

    yield reach
    for fleet in fleets:
        fleet.close()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """The authority, named as every program of OpenSSL wants it named."""
    file = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    return authority


def test_a_private_authority_is_named_by_the_environment(trusted: trustme.CA, serve: Serve, reached: Any) -> None:
    found = reached(f"https://{serve(trusted.issue_cert(HERE))}")
    assert (found.connected, found.era, len(found.elements)) == (True, Era.MODERN, 11)


YESTERDAY = datetime.now(UTC) - timedelta(days=1)
REFUSED = {
    "another authority": (
        trustme.CA().issue_cert(HERE),
        "is not trusted",
        "name the authority's certificate in SSL_CERT_FILE",
    ),
    "expired": (None, "has expired", "have it renewed, or set this machine's clock"),
    "another host": (None, "is for another host", "correct the url, or have one issued for it"),
}


@pytest.mark.parametrize("kind", ["http", "sse"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_certificate_that_is_refused_is_explained(
    name: str, kind: str, trusted: trustme.CA, serve: Serve, reached: Any
) -> None:
    certificate, what, remedy = REFUSED[name]
    if name == "expired":
        certificate = trusted.issue_cert(HERE, not_before=YESTERDAY - timedelta(days=9), not_after=YESTERDAY)
    url = f"https://{serve(certificate or trusted.issue_cert('elsewhere.test'))}{'/sse' if kind == 'sse' else ''}"
    failure = reached(url).failure
    assert failure.url == url
    assert f"TLS: the server's certificate {what}" in failure.reason
    assert failure.reason.endswith(remedy)
    assert "Error" not in failure.reason


def test_a_server_without_tls_is_told_apart_from_one_that_is_not_trusted(serve: Serve, reached: Any) -> None:
    failure = reached(f"https://{serve()}").failure
    assert "TLS: the server does not speak it on this port; write http:// in the url" in failure.reason


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "cannot be read: No such file or directory"), ("no certificate\n", "holds no certificate in PEM form")],
)
def test_an_authority_file_that_is_useless_is_named(
    content: str | None, problem: str, reached: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "authority.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    failure = reached("https://127.0.0.1:1/mcp").failure
    assert failure.reason == f"SSL_CERT_FILE: {file} {problem}; name another or unset it"


def test_no_proxy_is_asked_whatever_the_environment_names(
    trusted: trustme.CA, serve: Serve, reached: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    class Proxy(ThreadingHTTPServer):
        def verify_request(self, request: Any, client_address: Any) -> bool:
            asked.append(client_address)
            return False

    proxy = Proxy((HERE, 0), None)  # type: ignore[arg-type]
    threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        for spelled in (name, name.lower()):
            monkeypatch.setenv(spelled, f"http://{HERE}:{proxy.server_address[1]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    for url in (f"http://{serve()}", f"https://{serve(trusted.issue_cert(HERE))}"):
        assert reached(url).connected
        assert bearer_token(url, OAuth(client_id="ci", client_secret="-", issuer="https://login.example"), 5.0) is None
    for url in ("http://192.0.2.1/mcp", "https://192.0.2.1/mcp", "http://192.0.2.1/sse"):  # where nobody ever is
        assert reached(url, timeout=0.2).failure
    proxy.shutdown()
    proxy.server_close()
    assert asked == []
