"""The HTTP face of the org: token endpoint, identity and data API on two loopback ports."""

from __future__ import annotations

from aiohttp import web

from lab.estate.salesforce import oauth
from lab.estate.salesforce.errors import OAuthError, RestError
from lab.estate.salesforce.org import Org
from lab.estate.salesforce.records import eighteen
from lab.estate.salesforce.rest import DataApi, authorize, versions
from lab.estate.stand_in import HttpStandIn, RecordedRequest

TOKEN_PATH = "/services/oauth2/token"


class SalesforceStandIn(HttpStandIn):
    """`url` is the login host, `instance_url` the org's My Domain host; both end at the same org.

    Only My Domain serves data and the client_credentials grant, as with the real thing.
    """

    def __init__(self, org: Org | None = None, host: str = "127.0.0.1") -> None:
        super().__init__(host)
        self.org = org if org is not None else Org()
        self._instance_port = 0
        self._data = DataApi(self.org)

    async def start(self) -> None:
        """Open both ports."""
        await super().start()
        self._instance_port = await self._listen(0)

    @property
    def login_url(self) -> str:
        """What SFC_LOGIN_URL holds."""
        return self.url

    @property
    def instance_url(self) -> str:
        """What the token answer names, and SFC_BASE_URL holds."""
        return f"http://{self._host}:{self._instance_port}"

    @property
    def token_requests(self) -> list[RecordedRequest]:
        """Every attempt to log in, good or bad."""
        return [request for request in self.requests if request.path == TOKEN_PATH]

    def routes(self) -> list[web.RouteDef]:
        """OAuth, identity, data."""
        return [
            web.route("*", TOKEN_PATH, self._token),
            web.get("/services/oauth2/userinfo", self._userinfo),
            web.get("/id/{organization}/{user}", self._userinfo),
            web.get("/services/data", self._versions),
            web.get("/services/data/", self._versions),
            web.route("*", "/services/data/{rest:.+}", self._rest),
        ]

    async def _token(self, request: web.Request) -> web.Response:
        try:
            if request.method != "POST":
                raise OAuthError("invalid_request", "must use HTTP POST")
            # Another content type leaves Salesforce without any parameter, hence without a grant type.
            is_form = request.content_type == "application/x-www-form-urlencoded"
            form = {key: str(value) for key, value in (await request.post()).items()} if is_form else {}
            granted = oauth.grant(
                self.org,
                form,
                is_my_domain=self._is_instance(request),
                login_url=self.url,
                instance_url=self.instance_url,
                source_ip=request.remote or "",
            )
        except OAuthError as error:
            return web.json_response(error.document(), status=error.status)
        return web.json_response(granted, headers={"Cache-Control": "no-cache,no-store"})

    async def _userinfo(self, request: web.Request) -> web.Response:
        """Identity keeps working with an expired password (omniphx/forrest#240): only a data call tells."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if not token.strip():
            return web.Response(status=403, text="Missing_OAuth_Token")
        if scheme.lower() not in ("bearer", "oauth") or token.strip() not in self.org.sessions:
            return web.Response(status=403, text="Bad_OAuth_Token")
        organization = eighteen(self.org.organization_id)
        return web.json_response(
            {
                "sub": f"{self.url}/id/{organization}/{self.org.user_id}",
                "user_id": self.org.user_id,
                "organization_id": organization,
                "preferred_username": self.org.username,
                "name": "Integration User",
                "email": self.org.username,
                "active": self.org.user_is_active,
                "user_type": "STANDARD",
            }
        )

    async def _versions(self, request: web.Request) -> web.Response:
        return web.json_response(versions())

    async def _rest(self, request: web.Request) -> web.Response:
        if not self._is_instance(request):
            not_here = RestError(404, "URL_NOT_RESET", "Destination URL not reset")
            return web.json_response(not_here.document(), status=not_here.status)
        try:
            authorize(self.org, request.headers.get("Authorization"))
        except RestError as error:
            return web.json_response(error.document(), status=error.status)
        answer = self._data.answer(request.method, request.raw_path, await request.text())
        usage = f"api-usage={self.org.daily_api_requests_used}/{self.org.daily_api_requests_max}"
        headers = {"Sforce-Limit-Info": usage, **answer.headers}
        if answer.document is None:
            return web.Response(status=answer.status, headers=headers)
        return web.json_response(answer.document, status=answer.status, headers=headers)

    def _is_instance(self, request: web.Request) -> bool:
        assert request.transport is not None
        return bool(request.transport.get_extra_info("sockname")[1] == self._instance_port)
