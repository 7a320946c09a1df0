"""One connection to one Redis or Sentinel: raw replies, one deadline, failures in words."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from redis.asyncio.connection import Connection, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    InvalidResponse,
    MasterDownError,
    NoPermissionError,
    RedisError,
    ResponseError,
)

from bot.domain.errors import AccessDenied, BadAnswer, NotFound, SfintError, Unreachable
from bot.domain.workload import Pod
from bot.ports.dial import Dial, Dialled


@dataclass(frozen=True, slots=True)
class Tls:
    """How to trust the server; `ca_file` None means the system's authorities."""

    ca_file: str | None = None
    certificate_file: str | None = None
    key_file: str | None = None
    verifies_host_name: bool = True
    """Off where certificates carry the Service's name and we dial pod addresses."""


@dataclass(frozen=True, slots=True)
class Login:
    """User name (empty: the default user) and password (empty: none); never shown."""

    username: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return "Login(***)"


class Link:
    """Sends commands; replies are decoded text, never interpreted by the library.

    Its helpers misread some of Sentinel's replies, and its INFO parser turns ids into numbers.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def ask(self, *words: str | int) -> Any:
        """One command; an error reply raises redis-py's own exception for `translated`."""
        await self._connection.send_command(*words)
        return await self._connection.read_response()


class _Plain(Connection):
    """Speaks over a socket that is connected already: the pod itself, or our end of a port-forward."""

    def __init__(self, *, dialled: socket.socket, **options: Any) -> None:
        self._dialled = dialled
        super().__init__(**options)

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(sock=self._dialled)


class _OverTls(SSLConnection):
    """The same with TLS inside: its end is the server in the pod, whichever way leads there."""

    def __init__(self, *, dialled: socket.socket, **options: Any) -> None:
        self._dialled = dialled
        super().__init__(**options)

    async def _connect(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(
            sock=self._dialled, ssl=self.ssl_context.get(), server_hostname=self.host
        )


@asynccontextmanager
async def dial_directly(pod: Pod, port: int) -> AsyncIterator[Dialled]:
    """A TCP connection to the pod's address: from within the cluster, or where its network is routed."""
    family = socket.AF_INET6 if ":" in pod.ip else socket.AF_INET
    with socket.socket(family) as dialled:
        dialled.setblocking(False)
        dialled.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(dialled, (pod.ip, port))
        yield Dialled(dialled)


@asynccontextmanager
async def linked(
    dial: Dial, pod: Pod, port: int, login: Login, tls: Tls | None, deadline_seconds: float
) -> AsyncIterator[Link]:
    """A connection for the time of the block, which the deadline ends.

    Raises Unreachable, AccessDenied, NotFound (no such master) or BadAnswer, with the address in the words.
    """
    where = f"{pod.ip}:{port}"
    dialled: Dialled | None = None
    try:
        async with asyncio.timeout(deadline_seconds), dial(pod, port) as dialled:
            connection = _connection(dialled.socket, pod.ip, port, login, tls, deadline_seconds)
            try:
                await connection.connect()  # type: ignore[no-untyped-call]  # untyped in redis-py
                yield Link(connection)
            finally:
                await connection.disconnect()
    except TimeoutError as error:
        raise _told(dialled) or Unreachable(f"{where} did not answer within {deadline_seconds:g} s") from error
    except (RedisError, OSError, ValueError, TypeError) as error:
        raise _told(dialled) or translated(error, where) from error


def _told(dialled: Dialled | None) -> SfintError | None:
    """What the way to the pod says went wrong: nearer to the cause than what its end looks like from here."""
    return dialled.problem() if dialled else None


def _connection(
    dialled: socket.socket, host: str, port: int, login: Login, tls: Tls | None, deadline_seconds: float
) -> Connection:
    options: dict[str, Any] = {
        "dialled": dialled,
        "host": host,
        "port": port,
        "username": login.username or None,
        "password": login.password or None,
        "socket_timeout": deadline_seconds,
        "socket_connect_timeout": deadline_seconds,
        "retry": Retry(NoBackoff(), 0),
        "decode_responses": True,
        "encoding_errors": "replace",
        "protocol": 2,
        "driver_info": None,
    }
    return _Plain(**options) if tls is None else _OverTls(**options, **_tls_arguments(tls))


def translated(error: Exception, where: str) -> SfintError:
    """Redis' refusals in words; the first word of a reply (NOAUTH, WRONGPASS, …) decides."""
    match error:
        case AuthenticationError() if "without any password" in str(error) or "no password is set" in str(error):
            return AccessDenied(f"{where} takes no password, and we sent one: leave it out of the settings")
        case AuthenticationError() if getattr(error, "status_code", "") == "NOAUTH":
            return AccessDenied(f"{where} wants a password (NOAUTH), and the settings name none")
        case AuthenticationError():
            return AccessDenied(f"{where} refused our password (WRONGPASS)")
        case NoPermissionError():
            return AccessDenied(f"{where}: our Redis user may not do this (NOPERM): {error}")
        case BusyLoadingError():
            return Unreachable(f"{where} is still loading its data (LOADING)")
        case MasterDownError():
            return Unreachable(f"{where} has lost its master (MASTERDOWN)")
        case ResponseError() if "No such master" in str(error):
            return NotFound(f"{where} watches no master of that name")
        case ResponseError() | InvalidResponse() | ValueError() | TypeError():
            return BadAnswer(f"{where} answered outside its contract: {error}")
        case _:
            return Unreachable(f"{where} cannot be reached: {_cause(error)}")


async def resolved(host: str) -> str:
    """The address behind an announced host name; the name itself where nobody knows it."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return host
    return str(found[0][4][0])


def _cause(error: BaseException) -> str:
    """The system's words (`Connection refused`) without the library's wrapping."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, ssl.SSLError):
            # Its errno is OpenSSL's, not the system's.
            return f"TLS: {getattr(link, 'verify_message', '') or link.reason or link}"
        if isinstance(link, OSError) and link.errno is not None:
            return os.strerror(link.errno) if link.errno > 0 else str(link.strerror)
        link = link.__cause__ or link.__context__
    return str(error) or type(error).__name__


def _tls_arguments(tls: Tls) -> dict[str, Any]:
    return {
        "ssl_ca_certs": tls.ca_file,
        "ssl_certfile": tls.certificate_file,
        "ssl_keyfile": tls.key_file,
        "ssl_check_hostname": tls.verifies_host_name,
    }
