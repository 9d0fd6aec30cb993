"""Servers that the settings table tells us how to start over one more transport."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from pytest_mcp.errors import SettingsError
from pytest_mcp.inventory import confidential
from pytest_mcp.inventory.entry import Entry, EntryError, Surroundings
from pytest_mcp.inventory.resolve import Strings, checked_url, launch_of
from pytest_mcp.inventory.variables import expand
from pytest_mcp.model.server import Http, Launch, OAuth, Server, Sse, Stdio, Transport
from pytest_mcp.settings import ServerSettings, Settings, TransportSettings
from pytest_mcp.settings.options import meant


def refuse_unknown(settings: Settings, names: Iterable[str]) -> None:
    """Settings for a server that no config file has are a mistake, not a wish."""
    known = list(dict.fromkeys(names))
    for server in settings.servers:
        if server.name not in known:
            hint = meant(server.name, known) or f"; there are {', '.join(map(repr, known))}"
            raise SettingsError(f"{server.source}: no config file has a server {server.name!r}{hint}")


def with_transports(server: Server, own: ServerSettings | None, around: Surroundings) -> Iterator[Server]:
    """The server, and one more for each further transport; a ``url`` server is started instead of doubled."""
    extras = own.transports if own is not None else ()
    started = [_started(server, extra, around) for extra in extras]
    if isinstance(server.transport, Http | Sse) and started:
        own_start = started[0]
        yield replace(own_start, id=server.id, source=own_start.source if own_start.problem else server.source)
    else:
        yield server
        yield from started


def with_oauth(server: Server, own: ServerSettings | None, around: Surroundings) -> Server:
    """The server with the credentials that the settings have for it; they are secrets from here on."""
    if own is None or own.oauth is None:
        return server
    base, oauth = server.transport, own.oauth
    if isinstance(base, Stdio) and own.transports:
        return server
    if isinstance(base, Stdio):
        raise SettingsError(f"{oauth.source}: server {server.name!r} is a process, oauth is for a url; remove it")
    if base is None:
        return server
    strings = Strings(around, partial(expand, environ=around.environ))
    try:
        credentials = OAuth(
            client_id=strings.one("client_id", oauth.client_id),
            client_secret=strings.one("client_secret", oauth.client_secret, hidden="client_secret"),
            issuer=strings.one("issuer", oauth.issuer),
            scope=oauth.scope,
        )
        strings.refuse_missing()
    except EntryError as error:
        return replace(server, transport=None, problem=f"oauth ({oauth.source}): {error}")
    secrets = confidential.worth_hiding((*server.secrets, *strings.secrets(), credentials.client_secret))
    return replace(server, transport=replace(base, oauth=credentials), secrets=secrets)


def _started(server: Server, extra: TransportSettings, around: Surroundings) -> Server:
    strings = Strings(around, partial(expand, environ=around.environ))
    problem, transport = None, None
    try:
        transport = _transport(server, extra, strings)
    except EntryError as error:
        problem = str(error)
    return Server(
        id=f"{server.id}@{extra.kind}",
        name=server.name,
        source=extra.source,
        transport=transport,
        problem=problem,
        secrets=confidential.worth_hiding((*server.secrets, *strings.secrets())),
        disabled=server.disabled,
    )


def _transport(server: Server, extra: TransportSettings, strings: Strings) -> Http | Sse:
    base = server.transport
    remote = base if isinstance(base, Http | Sse) else None
    if base is None:
        raise EntryError(f"its entry ({server.source}) cannot be used: {server.problem}")
    if extra.url is None and remote is None:
        raise SettingsError(f"{extra.source}: transport {extra.kind} of server {server.name!r} needs a url; add it")
    entry = Entry(
        name=server.name,
        source=extra.source,
        folder=strings.around.rootdir,
        command=extra.command,
        args=extra.args,
        env=extra.env,
        cwd=extra.cwd,
    )
    url = strings.one("url", extra.url) if extra.url is not None else remote.url if remote else ""
    strings.found.extend(confidential.of_text(url))
    launch = _with_surroundings(launch_of(entry, strings), base)
    url = checked_url(url, started=True)
    return replace(remote, url=url, launch=launch) if remote else Http(url=url, launch=launch)


def _with_surroundings(launch: Launch, base: Transport) -> Launch:
    """The same server over another transport needs the environment and the folder that its entry gives it."""
    if not isinstance(base, Stdio):
        return launch
    env = dict(base.launch.env) | dict(launch.env)
    return replace(launch, env=tuple(env.items()), cwd=launch.cwd if launch.cwd is not None else base.launch.cwd)
