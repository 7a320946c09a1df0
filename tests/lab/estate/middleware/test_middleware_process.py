"""The middleware as a process: real Valkey and Sentinel, the stand-ins, and what its log says of each failure."""

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from lab.estate.faults import Fault
from lab.estate.live_agent import LiveAgentStandIn
from lab.estate.middleware import jwt
from lab.estate.middleware.settings import PREFIX
from lab.estate.salesforce import SalesforceStandIn
from lab.ports import free_port
from tests.lab.estate.middleware.valkey_process import (
    DEADLINE_SECONDS,
    Valkey,
    die_with_parent,
    eventually,
)

JWT_SECRET = "acme-jwt"


class Middleware:
    """The process under test and its log."""

    def __init__(self, environ: dict[str, str]) -> None:
        self.environ = environ
        self.lines: list[str] = []
        self.process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Spawn it and begin to read its log."""
        self.process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "lab.estate.middleware",
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(__file__).parents[4]), **self.environ},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            preexec_fn=die_with_parent,
        )
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.lines.append(line.decode().rstrip())

    async def kill(self) -> None:
        """SIGKILL, and read the log to its end."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.exited()

    async def exited(self) -> int:
        """Its exit code."""
        assert self.process is not None
        assert self._reader is not None
        async with asyncio.timeout(DEADLINE_SECONDS):
            await self._reader
            return await self.process.wait()

    async def logs(self, words: str, after: int = 0) -> dict[str, object]:
        """The first log entry with these words, waited for."""

        async def is_there() -> bool:
            return any(words in line for line in self.lines[after:])

        await eventually(is_there)
        entry: dict[str, object] = json.loads(next(line for line in self.lines[after:] if words in line))
        return entry

    async def connect(self, **body: object) -> httpx.Response:
        """POST /v1/chats/connect as the bot platform does."""
        user = {"userID": "5215512345678", "client": "acme", "name": "Ana", "email": "ana@acme.example.com"}
        token = jwt.sign(JWT_SECRET, {"exp": time.time() + 60})
        base = f"http://{self.environ['POD_IP']}:{self.environ[PREFIX + 'PORT']}"
        async with httpx.AsyncClient(base_url=base, headers={"Authorization": f"Bearer {token}"}) as client:
            return await client.post("/v1/chats/connect", json=user | body)


@pytest.fixture
def environ(salesforce: SalesforceStandIn, agent: LiveAgentStandIn, sentinel: Valkey) -> dict[str, str]:
    """The variables of a healthy deployment, with a faster pulse."""
    org = salesforce.org
    variables = {
        "PORT": str(free_port("127.20.0.20")),
        "JWT_SECRET": JWT_SECRET,
        "SFC_CLIENT_ID": org.client_id,
        "SFC_CLIENT_SECRET": org.client_secret,
        "SFC_USERNAME": org.username,
        "SFC_PASSWORD": org.password,
        "SFC_SECURITY_TOKEN": org.security_token,
        "SFC_LOGIN_URL": salesforce.login_url,
        "SFC_BASE_URL": salesforce.instance_url,
        "SFC_CHAT_URL": agent.url,
        "SFC_ORGANIZATION_ID": agent.organization_id,
        "SFC_DEPLOYMENT_ID": agent.deployment_id,
        "SFC_BUTTON_ID": agent.buttons[0],
        "SFC_BLOCKED_CHAT_FIELD": "true",
        "REDIS_MASTER": "mymaster",
        "REDIS_SENTINEL_ADDRESS": f"{sentinel.host}:{sentinel.port}",
        "LONG_POLLING_INTERVAL_MS": "50",
        "LAB_REDIS_TRAFFIC_MS": "50",
        "LAB_SALESFORCE_TRAFFIC_MS": "100",
    }
    return {"POD_IP": "127.20.0.20"} | {PREFIX + name: value for name, value in variables.items()}


@pytest.fixture
async def middleware(environ: dict[str, str]) -> AsyncIterator[Middleware]:
    process = Middleware(environ)
    await process.start()
    await process.logs("Starting server")
    yield process
    await process.kill()


async def test_chat_goes_from_the_call_to_redis_and_the_poll(
    middleware: Middleware, salesforce: SalesforceStandIn, agent: LiveAgentStandIn, master: Valkey
) -> None:
    """A connect makes a contact, a case and a LiveAgent chat, stores it and polls it until it ends."""
    response = await middleware.connect(phoneNumber="5215512345678")

    assert response.status_code == 200
    contact = next(row for row in salesforce.org.store.rows("Contact") if row["LastName"] == "Ana")
    assert contact["MobilePhone"] == "5512345678"
    assert salesforce.org.store.rows("Case")[0]["ContactId"] == contact["Id"]
    session = next(iter(agent.sessions.values()))
    session.push("ChatEstablished", name="Agent")
    await middleware.logs("Event [ChatEstablished]")
    async with Redis(host=master.host, port=master.port, decode_responses=True) as redis:
        stored = json.loads(await redis.get("interconnection:acme:5215512345678"))
    assert stored["session_key"] == session.key


async def test_live_chat_survives_a_restart_of_the_process(
    middleware: Middleware, agent: LiveAgentStandIn
) -> None:
    """At boot the live sessions are read from Redis and polled again."""
    await middleware.connect()
    await middleware.logs("Event [ChatRequestSuccess]")
    await middleware.kill()
    before = len(agent.requests)
    second = Middleware(middleware.environ)
    await second.start()

    await second.logs("Not content events")

    assert {request.path for request in agent.requests[before:]} == {"/chat/rest/System/Messages"}
    await second.kill()


async def test_healthy_process_logs_no_error(middleware: Middleware, salesforce: SalesforceStandIn) -> None:
    """The self-traffic runs and finds nothing to complain about."""

    async def ran() -> bool:
        return len(salesforce.requests) > 4

    await eventually(ran)

    assert not [line for line in middleware.lines if '"severity":"error"' in line]
    assert len(salesforce.token_requests) == 1


@pytest.mark.parametrize("token", ["", "Bearer x.y.z", f"Bearer {jwt.sign('other', {})}"])
async def test_stranger_gets_no_chat(middleware: Middleware, token: str) -> None:
    """A missing, broken or foreign JWT is a 401."""
    base = f"http://{middleware.environ['POD_IP']}:{middleware.environ[PREFIX + 'PORT']}"
    async with httpx.AsyncClient(base_url=base) as client:
        response = await client.post("/v1/chats/connect", headers={"Authorization": token}, json={})

    assert response.status_code == 401


async def test_blocked_contact_is_refused_in_the_words_of_the_runbook(
    middleware: Middleware, salesforce: SalesforceStandIn
) -> None:
    """The flag in the CRM stops the chat."""
    salesforce.org.add_contact(Email="ana@acme.example.com", CP_BlockedChatYalo__c=True)

    response = await middleware.connect()

    assert response.status_code == 500
    assert response.json() == {
        "message": "500: Internal Server Error",
        "details": "could not create chat in salesforce: this contact is blocked",
    }


CREDENTIAL_FAILURES = [
    ("password", "error:invalid_grant error_description:authentication failure"),
    ("client_secret", "error:invalid_client error_description:invalid client credentials"),
    ("client_id", "error:invalid_client_id error_description:client identifier invalid"),
]


@pytest.mark.parametrize(("attribute", "words"), CREDENTIAL_FAILURES)
async def test_refused_login_is_logged_with_its_error_and_leaks_as_the_real_one(
    middleware: Middleware, salesforce: SalesforceStandIn, attribute: str, words: str
) -> None:
    """The Go map of the answer, the payload with plaintext secrets, and then the empty bearer."""
    setattr(salesforce.org, attribute, "changed")
    salesforce.org.revoke_sessions()

    entry = await middleware.logs("Error call with status-[400]")
    details = await middleware.logs("could not create chat in salesforce")

    env = middleware.environ
    password = env[PREFIX + "SFC_PASSWORD"] + env[PREFIX + "SFC_SECURITY_TOKEN"]
    assert entry["msg"] == "get_token : Error call with status : 400"
    assert entry["error"] == f"Error call with status-[400] : map[{words}]"
    assert f'ClientSecret:"{env[PREFIX + "SFC_CLIENT_SECRET"]}"' in str(entry["payload"])
    assert f'Password:"{password}"' in str(entry["payload"])
    assert "errorCode:INVALID_AUTH_HEADER message:INVALID_HEADER_TYPE" in str(details["details"])


async def test_empty_token_gives_the_create_chat_details_of_the_runbook(
    middleware: Middleware, salesforce: SalesforceStandIn
) -> None:
    """A login with an empty token looks fine and every call fails."""
    salesforce.org.sends_empty_token = True
    salesforce.org.revoke_sessions()

    response = await middleware.connect()

    assert response.json()["details"] == (
        "could not create chat in salesforce : not create account : Error call with status-[401] : "
        "[map[errorCode:INVALID_AUTH_HEADER message:INVALID_HEADER_TYPE]]"
    )


async def test_expired_password_shows_in_the_calls_not_in_the_login(
    middleware: Middleware, salesforce: SalesforceStandIn
) -> None:
    """The code arrives in the log; nobody logs in again because of it."""
    salesforce.org.password_is_expired = True

    entry = await middleware.logs("could not create chat in salesforce")

    assert "[map[errorCode:INVALID_OPERATION_WITH_EXPIRED_PASSWORD" in str(entry["details"])
    assert len(salesforce.token_requests) == 1


POLL_FAILURES = [
    (403, "Session required but was invalid or not found", "StatusForbidden"),
    (500, "Internal Server Error", "Exists error in long polling : [500] - Error call with status : Internal"),
    (503, "", "StatusServiceUnavailable"),
    (409, "", "Duplicate Long Polling"),
]


@pytest.mark.parametrize(("status", "text", "words"), POLL_FAILURES, ids=lambda value: str(value)[:8])
async def test_each_poll_status_has_its_line(
    middleware: Middleware, agent: LiveAgentStandIn, status: int, text: str, words: str
) -> None:
    """Levels mislead as the real ones do: 409 is information, 403 and 503 are errors."""
    await middleware.connect()
    agent.faults.add(Fault(status, text, path="/chat/rest/System/Messages", times=1))

    entry = await middleware.logs(words)

    assert entry["severity"] == ("info" if status == 409 else "error")
    if status != 409:
        assert entry["error"] == f"[{status}] - Error call with status : {text}"


@pytest.mark.parametrize(("status", "is_over"), [(403, True), (500, True), (503, False)])
async def test_what_ends_a_chat_sends_its_user_to_the_time_out_state(
    middleware: Middleware, agent: LiveAgentStandIn, status: int, is_over: bool
) -> None:
    """After a 503 it reconnects and goes on; after the others nobody polls for this user any more."""
    await middleware.connect()
    agent.answers_polls_with(status, times=1)

    if is_over:
        assert (await middleware.logs("Send to state [from-sf-timeout]"))["userID"]
    else:
        await middleware.logs("StatusServiceUnavailable")
        await middleware.logs("Not content events")

    assert any("ReconnectSession" in request.path for request in agent.requests) is not is_over
    assert any("from-sf-timeout" in line for line in middleware.lines) is is_over


async def test_a_reconnect_that_fails_loses_the_chat(middleware: Middleware, agent: LiveAgentStandIn) -> None:
    """With a line of its own."""
    agent.refuses_reconnects = 503
    await middleware.connect()
    agent.answers_polls_with(503, times=1)

    entry = await middleware.logs("Reconnect session failed")

    assert entry["error"] == "[503] - Error call with status : "
    await middleware.logs("Send to state [from-sf-timeout]")


async def test_after_a_duplicate_the_next_poll_learns_that_the_chat_is_over(
    middleware: Middleware, agent: LiveAgentStandIn
) -> None:
    """409, then 403, as with two pods."""
    await middleware.connect()
    agent.answers_polls_with(409, times=1)

    await middleware.logs("Duplicate Long Polling")

    assert (await middleware.logs("StatusForbidden"))["severity"] == "error"


async def test_nobody_available_is_information(middleware: Middleware, agent: LiveAgentStandIn) -> None:
    """ChatRequestFail [Unavailable] is logged at INFO."""
    agent.available_buttons.clear()

    await middleware.connect()

    assert (await middleware.logs("Event [ChatRequestFail] : [Unavailable]"))["severity"] == "info"


async def test_dead_master_is_dialled_for_ever_after_a_missed_switch(
    middleware: Middleware, master: Valkey, sentinel: Valkey, tmp_path: Path
) -> None:
    """The sentinel was away when the master moved: it knows better now, the client still dials the dead."""
    await sentinel.kill()
    await master.kill()
    replacement = Valkey(tmp_path, "replacement", "127.20.0.2", [])
    await replacement.start()
    sentinel.config.write_text(
        f"bind {sentinel.host}\nport {sentinel.port}\ndir {tmp_path}\n"
        f"sentinel monitor mymaster {replacement.host} {replacement.port} 1\n"
    )
    await sentinel.start()

    entry = await middleware.logs("Could not update status", after=len(middleware.lines))
    refused = await middleware.connect()

    dialled = f"dial tcp {master.host}:{master.port}: connect: connection refused"
    assert entry["msg"] == (
        f"Could not update status in interconnection userID[5215500000000]-client[acme] from redis : [{dialled}]"
    )
    assert entry["userID"] == "5215500000000"
    assert (refused.status_code, dialled in refused.json()["details"]) == (500, True)
    await middleware.kill()
    restarted = Middleware(middleware.environ)
    await restarted.start()
    await restarted.logs("Starting server")
    assert (await restarted.connect()).status_code == 200
    await restarted.kill()
    await replacement.kill()


async def test_switch_that_is_heard_is_followed(
    replica: Valkey, middleware: Middleware, master: Valkey, sentinel: Valkey
) -> None:
    """+switch-master moves the client to the new master without a restart."""
    await eventually(lambda: sentinel.knows(replica))
    await master.kill()

    await middleware.logs(f"sentinel: new master=mymaster addr={replica.host}:{replica.port}")

    response = await middleware.connect()
    assert response.status_code == 200


async def test_boot_without_redis_exits_with_1(environ: dict[str, str], sentinel: Valkey) -> None:
    """No sentinel: one fatal line, exit code 1, so that Kubernetes crash-loops it."""
    await sentinel.kill()
    process = Middleware(environ)
    await process.start()

    assert await process.exited() == 1
    assert (await process.logs("Error initializing Interconnection Redis Manager"))["severity"] == "fatal"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SFC_API_VERSION", "fifty-two", "converting 'fifty-two' to type int"),
        ("SFC_USERNAME", None, "required key SALESFORCE-INTEGRATION_SFC_USERNAME missing value"),
    ],
)
async def test_bad_variable_panics_with_2(
    environ: dict[str, str], name: str, value: str | None, words: str
) -> None:
    """A Go panic with its goroutine, exit code 2."""
    environ.pop(PREFIX + name, None)
    if value is not None:
        environ[PREFIX + name] = value
    process = Middleware(environ)
    await process.start()

    assert await process.exited() == 2
    assert process.lines[0].startswith("panic: ")
    assert words in process.lines[0]
    assert "goroutine 1 [running]:" in process.lines
