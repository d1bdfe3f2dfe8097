"""Bad company for the GUN client, on loopback: a proxy that delays and cuts, and a relay that lies."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed


class _InThread:
    """Something asynchronous in a thread of its own, for the length of a `with`."""

    port: int

    async def _open(self) -> None:
        raise NotImplementedError("a subclass opens its server")

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *failure: object) -> None:
        self._run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/gun"


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


class SlowProxy(_InThread):
    """Copies both ways to a relay, each chunk `delay_s` late; `cut` ends all connections."""

    def __init__(self, target_port: int, *, delay_s: float) -> None:
        self._target_port = target_port
        self._delay_s = delay_s
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """End every connection without a farewell."""
        self._run(self._cut())

    async def _open(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
            self._writers |= {writer, there_writer}
            await asyncio.gather(self._copy(reader, there_writer), self._copy(there_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65_536):
                await asyncio.sleep(self._delay_s)
                writer.write(chunk)
                await writer.drain()
        writer.close()


class LyingRelay(_InThread):
    """Answers every question with junk: broken JSON, wrong souls, huge frames, false items, foreign
    acknowledgements."""

    def __init__(self, *, acks: bool = False) -> None:
        self._acks = acks
        self._server: Server | None = None

    async def _open(self) -> None:
        self._server = await serve(self._serve, "127.0.0.1", 0)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _serve(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                raw = json.loads(text)
                for message in raw if isinstance(raw, list) else [raw]:
                    for answer in self._lies(message):
                        await socket.send(answer)

    def _lies(self, message: dict[str, Any]) -> list[str | bytes]:
        message_id = message.get("#", "")
        if "put" in message:
            return [json.dumps({"@": message_id, "ok": True})] if self._acks else []
        soul = message.get("get", {}).get("#", "")
        junk_set = {f"junk{n}": {"#": f"junk{n}"} for n in range(20)}
        states = dict.fromkeys(junk_set, 1e15)
        return [
            "{",
            b"\x00\xff",
            json.dumps({"@": message_id, "put": {"another": {"_": {"#": "another", ">": {"k": 1}}, "k": 1}}}),
            json.dumps({"@": message_id, "put": "x" * 700_000}),
            json.dumps({"@": message_id, "put": {soul: {"_": {"#": soul, ">": {"e": 1e15}}, "e": "lie " + soul}}}),
            json.dumps({"@": message_id, "put": {soul: {"_": {"#": soul, ">": states}, **junk_set}}}),
            json.dumps([json.dumps({"#": "z", "@": message_id, "%": "more"})] * 5),
            "[" * 10_000,
        ]


class FloodingRelay(LyingRelay):
    """Says that every set holds as many items as a reading takes, all its own."""

    def _lies(self, message: dict[str, Any]) -> list[str | bytes]:
        soul = message.get("get", {}).get("#", "")
        if soul.startswith("flood"):
            return [json.dumps({"@": message["#"], "put": {soul: {"_": {"#": soul, ">": {"e": 1}}, "e": soul}}})]
        links = {f"flood{n}": {"#": f"flood{n}"} for n in range(2_000)}
        states = dict.fromkeys(links, 1)
        return [json.dumps({"@": message["#"], "put": {soul: {"_": {"#": soul, ">": states}, **links}}})]


class BreakingRelay(LyingRelay):
    """Holds every connection for `holds_s`, then breaks it without a farewell; `calls_s` is when the calls came."""

    def __init__(self, *, holds_s: float) -> None:
        super().__init__()
        self._holds_s = holds_s
        self.calls_s: list[float] = []

    async def _serve(self, socket: ServerConnection) -> None:
        self.calls_s.append(time.monotonic())
        await asyncio.sleep(self._holds_s)
        socket.transport.abort()


class RedirectingRelay(_InThread):
    """Sends every client elsewhere: to itself under another path, where it counts who comes."""

    def __init__(self) -> None:
        self.followed = 0

    async def _open(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.followed += head.startswith(b"GET /secret")
        place = f"ws://127.0.0.1:{self.port}/secret"
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()
