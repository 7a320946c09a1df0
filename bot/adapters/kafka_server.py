"""The process that asks Kafka: `python -m bot.adapters.kafka_server` answers requests until its input ends."""

from __future__ import annotations

import asyncio
import os
import signal

from bot.adapters.kafka import KafkaStream
from bot.adapters.kafka_frames import KafkaKey, Reply, Request, read_frame, written
from bot.adapters.kafka_link import KafkaLink
from bot.adapters.kafka_traffic import BrokerTraffic
from bot.domain.errors import BadAnswer, SfintError


class KafkaServer:
    """A link for each cluster and account; questions are answered side by side."""

    def __init__(self, output: int) -> None:
        self._output = output
        self._links: dict[KafkaKey, KafkaLink] = {}
        self._questions: set[asyncio.Task[None]] = set()

    async def serve(self, source: asyncio.StreamReader) -> None:
        """Until the end of the input; what is under way is dropped then, for nobody waits for it."""
        try:
            while True:
                question = asyncio.create_task(self._answer(await read_frame(source)))
                self._questions.add(question)
                question.add_done_callback(self._questions.discard)
        except asyncio.IncompleteReadError:
            return

    async def _answer(self, request: Request) -> None:
        try:
            reply = Reply(request.number, await self._ask(request))
        except SfintError as error:
            reply = Reply(request.number, problem=error.with_traceback(None))
        except Exception as error:  # noqa: BLE001  the boundary of the process: the asker must learn that it failed
            reply = Reply(request.number, problem=BadAnswer(f"{type(error).__name__}: {error}"))
        frame = written(reply)
        while frame:
            frame = frame[os.write(self._output, frame) :]

    async def _ask(self, request: Request) -> object:
        if request.key not in self._links:
            self._links[request.key] = KafkaLink(request.key.login, deadline_seconds=request.key.deadline_seconds)
        link = self._links[request.key]
        asked = BrokerTraffic(link) if request.method == "messages" else KafkaStream(link)
        answer: object = await getattr(asked, request.method)(*request.arguments)
        return answer


async def _run(output: int) -> None:
    source = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(source), os.fdopen(0, "rb", buffering=0)
    )
    await KafkaServer(output).serve(source)
    os._exit(0)  # at once: librdkafka's threads may be waiting for a broker that does not answer


def main() -> None:
    """Serves standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bot, which ends us by closing our input
    output = os.dup(1)
    os.dup2(2, 1)  # nothing but frames may reach the bot
    asyncio.run(_run(output))


if __name__ == "__main__":
    main()
