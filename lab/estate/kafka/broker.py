"""The broker's socket: TLS or not, frames in and out, one request after the other on each connection."""

from __future__ import annotations

import asyncio
import struct
from collections import Counter
from pathlib import Path
from typing import Self

from kio.schema.errors import ErrorCode

from lab.estate.certificates import ServerCertificate, issue
from lab.estate.kafka import sasl, wire
from lab.estate.kafka.accounts import Account, Accounts
from lab.estate.kafka.cluster import Cluster
from lab.estate.kafka.faults import GARBAGE, BrokerFaults
from lab.estate.kafka.requests import APIS
from lab.estate.kafka.requests.call import Call
from lab.estate.kafka.topics import Topics
from lab.estate.kafka.wire import Answer, BadFrame, Frame
from lab.ports import free_port

_LARGEST_FRAME = 100 * 1024**2
_OWN_VERSIONS = {
    wire.API_VERSIONS: range(4),
    sasl.HANDSHAKE: sasl.HANDSHAKE_VERSIONS,
    sasl.AUTHENTICATE: sasl.AUTHENTICATE_VERSIONS,
}
_VERSIONS = {**{key: api.versions for key, api in APIS.items()}, **_OWN_VERSIONS}


class KafkaStandIn:
    """A Kafka cluster behind one listener on loopback, as Confluent Cloud shows one.

    `security` is SASL_SSL, SASL_PLAINTEXT or PLAINTEXT. Accounts are made with `accounts.add(key)`.
    """

    def __init__(
        self, *, security: str = "SASL_SSL", host: str = "127.0.0.1", cluster_id: str = "lkc-acme01"
    ) -> None:
        self.security, self._host = security, host
        self.cluster = Cluster(cluster_id)
        self.faults = BrokerFaults()
        self.asked: Counter[int] = Counter()
        """Answered requests by the number of their API, once signed in."""
        self.certificate: ServerCertificate = issue(host)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.Task[None], sasl.SignIn] = {}

    @property
    def topics(self) -> Topics:
        """What may be created, deleted and looked at directly."""
        return self.cluster.topics

    @property
    def accounts(self) -> Accounts:
        """API keys."""
        return self.cluster.accounts

    @property
    def bootstrap(self) -> str:
        """`host:port`."""
        host, port = self.cluster.address
        return f"{host}:{port}"

    def client_config(self, account: Account, ca_file: Path) -> dict[str, str]:
        """What a librdkafka client of that account is configured with."""
        config = {"bootstrap.servers": self.bootstrap, "security.protocol": self.security}
        if self.security != "PLAINTEXT":
            config |= {"sasl.mechanisms": "PLAIN", "sasl.username": account.key, "sasl.password": account.secret}
        if self.security == "SASL_SSL":
            config["ssl.ca.location"] = str(ca_file)
        return config

    async def start(self) -> None:
        """Listen on a free port, or again on the same one."""
        tls = self.certificate.context() if self.security == "SASL_SSL" else None
        port = self.cluster.address[1] or free_port(self._host)
        self._server = await asyncio.start_server(self._accept, self._host, port, ssl=tls)
        self.cluster.address = (self._host, self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close the listener and every connection, and forget the members of the groups."""
        await self.go_down()
        for group in self.cluster.groups.values():
            group.close()

    async def go_down(self) -> None:
        """Refuse connections and drop those that are open; `come_up` listens on the same port again."""
        if self._server is None:
            return
        self._server.close()
        await self._hang_up(list(self._connections))
        await self._server.wait_closed()
        self._server = None

    async def drop(self, account: Account) -> None:
        """Close the account's connections; it has to sign in again."""
        await self._hang_up([task for task, one in self._connections.items() if one.account is account])

    async def _hang_up(self, connections: list[asyncio.Task[None]]) -> None:
        for connection in connections:
            connection.cancel()
        if connections:
            await asyncio.wait(connections)

    async def come_up(self) -> None:
        """The end of `go_down`."""
        await self.start()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        nobody = Account("ANONYMOUS", "") if self.security == "PLAINTEXT" else None
        sign_in = self._connections[task] = sasl.SignIn(self.accounts, nobody)
        try:
            await self._converse(reader, writer, sign_in)
        except (asyncio.IncompleteReadError, ConnectionError, BadFrame, asyncio.CancelledError):
            # A client that goes, or one that does not speak Kafka: either way the socket closes without a word.
            pass
        finally:
            del self._connections[task]
            writer.transport.abort()

    async def _converse(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sign_in: sasl.SignIn
    ) -> None:
        client_host = str(writer.get_extra_info("peername")[0])
        while True:
            (length,) = struct.unpack(">i", await reader.readexactly(4))
            if not 0 <= length <= _LARGEST_FRAME:
                raise BadFrame(f"a frame of {length} bytes")
            data = await reader.readexactly(length)
            await self._suffer(writer)
            answer = await self._answer(data, sign_in, client_host)
            if answer is not None:
                writer.write(answer)
                await writer.drain()

    async def _suffer(self, writer: asyncio.StreamWriter) -> None:
        if self.faults.delay_seconds:
            await asyncio.sleep(self.faults.delay_seconds)
        if self.faults.is_silent:
            await asyncio.Event().wait()
        if self.faults.answers_garbage:
            writer.write(GARBAGE)
            await writer.drain()
            raise BadFrame("garbage was answered")

    async def _answer(self, data: bytes, sign_in: sasl.SignIn, client_host: str) -> bytes | None:
        frame = wire.peek(data)
        if frame.version not in _VERSIONS.get(frame.api_key, ()):
            if frame.api_key == wire.API_VERSIONS:
                # By KIP-511 a version too new is answered in version 0, and the client comes down.
                return wire.write(
                    Frame(frame.api_key, 0, frame.correlation_id), _versions(ErrorCode.unsupported_version)
                )
            raise BadFrame(f"API {frame.api_key} version {frame.version} is not known here")
        client_id, request = wire.read(frame, data)
        if frame.api_key == wire.API_VERSIONS:
            return wire.write(frame, _versions(ErrorCode.none))
        if frame.api_key == sasl.HANDSHAKE:
            return wire.write(frame, sign_in.handshake(request.mechanism))
        if frame.api_key == sasl.AUTHENTICATE:
            return wire.write(frame, sign_in.authenticate(bytes(request.auth_bytes)))
        if sign_in.account is None:
            raise BadFrame("asks before it has signed in")
        call = Call(self.cluster, sign_in.account, frame.version, client_id, client_host, request)
        self.asked[frame.api_key] += 1
        answer = await APIS[frame.api_key].handler(call)
        wants_none = frame.api_key == 0 and request.acks == 0
        return None if wants_none else wire.write(frame, answer)


def _versions(code: ErrorCode) -> Answer:
    return {
        "error_code": code,
        "api_keys": [
            {"api_key": key, "min_version": versions[0], "max_version": versions[-1]}
            for key, versions in sorted(_VERSIONS.items())
        ],
    }
