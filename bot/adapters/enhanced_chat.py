"""Messaging for In-App and Web: asks for a visitor's token as a chat window does; the token stays here."""

from __future__ import annotations

from dataclasses import replace

import httpx

from bot.adapters.chat_http import ChatHttp, json_object
from bot.domain.live_chat import ChatAnswer, ChatVerdict, classify_status

_TOKEN_PATH = "/iamessage/api/v2/authorization/unauthenticated/access-token"  # noqa: S105  (a path)


class EnhancedChatApi:
    """Implements `bot.ports.live_chat.EnhancedChat`. Close it with `aclose`."""

    def __init__(
        self,
        url: str,
        *,
        organization_id: str,
        es_developer_name: str,
        deadline_seconds: float = 1.5,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._url = url.rstrip("/") + _TOKEN_PATH
        self._document = {
            "orgId": organization_id,
            "esDeveloperName": es_developer_name,
            "capabilitiesVersion": "1",
            "platform": "Web",
        }
        self._http = ChatHttp(deadline_seconds, http)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._http.aclose()

    async def access_token(self) -> ChatAnswer:
        """One token, proven to be there and forgotten."""
        reply = await self._http.send("POST", self._url, document=self._document)
        verdict = reply.verdict or (ChatVerdict.OK if reply.status == 200 else classify_status(reply.status))
        answer = ChatAnswer(verdict, reply.request, reply.status, reply.words, reply.seconds)
        if verdict is not ChatVerdict.OK:
            return answer
        body = json_object(reply.body)
        token = (body or {}).get("accessToken")
        if not isinstance(token, str) or not token:
            # What is no token may still be a secret of another kind: nothing of it is repeated.
            return replace(answer, verdict=ChatVerdict.UNREADABLE, words="the answer has no accessToken")
        return replace(answer, words="a token came")
