"""The interconnections in Redis, and the log line of an update that fails."""

from __future__ import annotations

from lab.estate.middleware import log
from lab.estate.middleware.interconnection import Interconnection
from lab.estate.middleware.redis_master import RedisFailure, RedisMaster

_LIFE_SECONDS = 24 * 3600


class InterconnectionStore:
    """Saves, loads and lists chats; RedisFailure passes through unless a method says otherwise."""

    def __init__(self, master: RedisMaster) -> None:
        self._master = master

    async def save(self, chat: Interconnection) -> None:
        """Write the whole chat."""
        async with self._master.commands() as redis:
            await redis.set(chat.key, chat.to_json(), ex=_LIFE_SECONDS)

    async def find(self, chat: Interconnection) -> Interconnection | None:
        """The chat stored for the same user and client."""
        async with self._master.commands() as redis:
            text = await redis.get(chat.key)
        return None if text is None else Interconnection.from_json(text)

    async def live(self) -> list[Interconnection]:
        """Every chat that was going on when the last process died."""
        async with self._master.commands() as redis:
            keys = [key async for key in redis.scan_iter("interconnection:*")]
            texts = await redis.mget(keys) if keys else []
        chats = [Interconnection.from_json(text) for text in texts if text]
        return [chat for chat in chats if chat.is_live]

    async def update_status(self, chat: Interconnection) -> None:
        """Write the status; a failure is logged and the chat goes on, as in the real one."""
        try:
            await self.save(chat)
        except RedisFailure as failure:
            log.error(
                f"Could not update status in interconnection userID[{chat.user_id}]-client[{chat.client}] "
                f"from redis : [{failure}]",
                error=str(failure),
                userID=chat.user_id,
            )
