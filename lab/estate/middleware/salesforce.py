"""Salesforce as the middleware uses it: a token, one composite look-up, accounts, contacts and cases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from lab.estate.middleware import go, log
from lab.estate.middleware.proxy import CallFailure, Proxy, Reply
from lab.estate.middleware.settings import Settings
from lab.estate.middleware.trace import Span, tracer

BLOCKED_FIELD = "CP_BlockedChatYalo__c"


@dataclass(frozen=True)
class Person:
    """Who wants to chat, with the phone already stripped of its prefix."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True)
class Contact:
    """The row in Salesforce."""

    id: str
    is_blocked: bool


class SalesforceClient:
    """Holds the access token. When none can be had it goes on with an empty one, as the real one does."""

    def __init__(self, settings: Settings, proxy: Proxy) -> None:
        self._settings, self._proxy = settings, proxy
        self._base = f"/services/data/v{settings.sfc_api_version}.0"
        self._token = ""

    @property
    def has_token(self) -> bool:
        """Whether the last login brought a token."""
        return bool(self._token)

    async def ensure_token(self) -> None:
        """Log in unless there is a token. A refusal is logged and leaves the token empty."""
        if not self._token:
            await self._log_in()

    async def find_contact(self, person: Person) -> Contact | None:
        """One composite request, by e-mail and by phone. Raises CallFailure."""
        where = [
            f"{field} = '{_escaped(text)}'"
            for field, text in (
                ("Email", person.email),
                ("MobilePhone", person.phone),
                ("Phone", person.phone),
            )
            if text
        ]
        fields = "Id" + (f", {BLOCKED_FIELD}" if self._settings.refuses_blocked_contacts else "")
        parts = [self._query(f"contact{n}", fields, one) for n, one in enumerate(where)]
        body = {"allOrNone": False, "compositeRequest": parts}
        answer = _mapping((await self._call("POST", "/composite", body)).document())
        for part in _list(answer.get("compositeResponse")):
            if part.get("httpStatusCode") != 200:
                raise CallFailure(
                    f"Error call with status-[{part.get('httpStatusCode')}] : {go.value(part.get('body'))}"
                )
            for row in _list(_mapping(part.get("body")).get("records")):
                return Contact(str(row["Id"]), bool(row.get(BLOCKED_FIELD)))
        return None

    async def create_contact(self, person: Person) -> Contact:
        """An account and its contact. Raises CallFailure, worded as in the create-chat details."""
        try:
            account = await self._create("Account", {"Name": person.name or person.email})
        except CallFailure as failure:
            raise CallFailure(f"not create account : {failure}") from failure
        fields = {"LastName": person.name or "-", "Email": person.email, "MobilePhone": person.phone}
        try:
            return Contact(await self._create("Contact", fields | {"AccountId": account}), is_blocked=False)
        except CallFailure as failure:
            raise CallFailure(f"not create contact : {failure}") from failure

    async def create_case(self, contact: Contact, origin: str) -> str:
        """The case's id. Raises CallFailure."""
        fields = {"ContactId": contact.id, "Origin": origin, "Subject": "Chat", "Status": "New"}
        try:
            return await self._create("Case", fields)
        except CallFailure as failure:
            raise CallFailure(f"not create case : {failure}") from failure

    def _query(self, reference: str, fields: str, where: str) -> dict[str, str]:
        soql = quote(f"SELECT {fields} FROM Contact WHERE {where} LIMIT 1")  # noqa: S608 -- escaped above
        return {"method": "GET", "url": f"{self._base}/query?q={soql}", "referenceId": reference}

    async def _create(self, name: str, fields: Mapping[str, str]) -> str:
        answer = _mapping((await self._call("POST", f"/sobjects/{name}", fields)).document())
        return str(answer.get("id", ""))

    async def _call(self, method: str, path: str, document: object) -> Reply:
        reply = await self._send(method, path, document)
        if reply.status == 401 and "INVALID_SESSION_ID" in reply.text:
            await self._log_in()
            reply = await self._send(method, path, document)
        if reply.status >= 300:
            raise CallFailure(reply.problem())
        return reply

    async def _send(self, method: str, path: str, document: object) -> Reply:
        # Go trims header values, so an empty token leaves the bare scheme on the wire.
        headers = {"Authorization": f"Bearer {self._token}".strip()}
        url = self._settings.sfc_base_url + self._base + path
        return await self._proxy.send(method, url, headers=headers, document=document)

    async def _log_in(self) -> None:
        self._token = ""
        settings = self._settings
        form = {
            "grant_type": "password",
            "client_id": settings.sfc_client_id,
            "client_secret": settings.sfc_client_secret,
            "username": settings.sfc_username,
            "password": settings.sfc_password + settings.sfc_security_token,
        }
        with tracer.span("get_token", "POST /services/oauth2/token") as span:
            try:
                url = f"{settings.sfc_login_url}/services/oauth2/token"
                reply = await self._proxy.send("POST", url, form=form)
                span.tag(http__status_code=reply.status)
                if reply.status != 200:
                    raise CallFailure(reply.problem())
                self._token = str(_mapping(reply.document()).get("access_token", ""))
            except CallFailure as failure:
                _tell_refusal(span, form, failure)


def _tell_refusal(span: Span, form: Mapping[str, str], failure: CallFailure) -> None:
    """The leak of the real one: its token payload, secrets and all, as a Go struct dump in log and span."""
    payload = go.struct(
        "login.TokenPayload",
        ClientId=form["client_id"],
        ClientSecret=form["client_secret"],
        GrantType=form["grant_type"],
        Username=form["username"],
        Password=form["password"],
    )
    status = re.search(r"status-\[(\d+)\]", str(failure))
    message = f"Error call with status : {status[1]}" if status else "Error call"
    log.error(f"get_token : {message}", error=str(failure), payload=payload)
    span.fail(message, error__details=str(failure), payload=payload)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _mapping(document: object) -> dict[str, object]:
    if not isinstance(document, dict):
        raise CallFailure("json: cannot unmarshal into Go value of type map[string]interface {}")
    return document


def _list(document: object) -> list[dict[str, object]]:
    return document if isinstance(document, list) else []
