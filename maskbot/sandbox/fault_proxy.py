"""A small proxy that loses, delays and cuts: it stands between a client and one HTTP or WebSocket server on loopback.

Source: reliability.md F.1, social-platforms.md 9.2 (no fault of mastodon_mock applies a request and loses its answer).
Theory: one request a connection. The proxy asks the server to close after its answer, so the end of an answer is the end of the
connection and bodies need not be parsed; upgraded connections are copied both ways. It runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

_LARGEST_HEAD_BYTES = 64 * 1024
_LARGEST_BODY_BYTES = 1 << 20
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})", re.IGNORECASE)


@dataclass(slots=True)
class Fault:
    """What to do with matching requests: the `skip` first go through, then `count` are hit (None: all). `names` is a text in the
    body, such as the method of a JSON-RPC call.

    `loses_answer`: the server does its work, then the connection ends without a byte. `refuses`: the server sees nothing.
    `strips` names request headers taken out. `delay_s` holds the answer back. `cuts_after` ends it after so many bytes.
    `hangs`: the server does its work, then nothing comes and nothing closes. `answers`: the proxy says these bytes itself, and
    the server sees nothing.
    """

    method: str = ".*"
    path: str = ".*"
    names: bytes = b""
    skip: int = 0
    count: int | None = 1
    loses_answer: bool = False
    refuses: bool = False
    hangs: bool = False
    answers: bytes | None = None
    strips: Sequence[str] = ()
    delay_s: float = 0.0
    cuts_after: int | None = None

    def takes(self, method: str, path: str, body: bytes) -> bool:
        """Whether this request is hit; counts it."""
        if not re.fullmatch(self.method, method) or not re.fullmatch(self.path, path) or self.names not in body:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.count is None:
            return True
        self.count -= 1
        return self.count >= 0


def canned(body: bytes, *, status: str = "200 OK") -> bytes:
    """A whole HTTP answer with a JSON body, for `Fault.answers`."""
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@dataclass(slots=True)
class FaultProxy:
    """Forwards `port` (chosen when started) on 127.0.0.1 to `upstream_port`. `requests` are those seen, as (method, path)."""

    upstream_port: int
    port: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _is_frozen: bool = False
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _server: asyncio.Server | None = None

    @property
    def base_url(self) -> str:
        """Where clients go: `http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        """Listen on a free port."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-proxy", daemon=True)
        self._thread.start()
        self._call(self._listen)
        return self

    def stop(self) -> None:
        """Close everything."""
        self._call(self._close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        if self._thread is not None:
            self._thread.join(5)
        self._loop.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def add(self, fault: Fault) -> None:
        """Hit matching requests from now on; the first fault that takes a request wins."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Forward everything faithfully again, also on connections that were half open."""
        self._faults.clear()
        self._is_frozen = False

    def cut(self) -> None:
        """End all connections now."""
        self._call(self._cut)

    def half_open(self) -> None:
        """From now on copy nothing and close nothing, as after a lost route, until `clear`."""
        self._is_frozen = True

    def _call(self, step: Callable[[], Awaitable[None]]) -> None:
        async def run() -> None:
            await step()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_LARGEST_HEAD_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        await self._cut()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            method, path, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
            path = path.split("?", 1)[0]
            self.requests.append((method, path))
            looks_inside = any(fault.names for fault in self._faults)
            body = await reader.readexactly(min(_body_bytes(head), _LARGEST_BODY_BYTES)) if looks_inside else b""
            fault = next((fault for fault in self._faults if fault.takes(method, path, body)), Fault())
            if fault.answers is not None:
                writer.write(fault.answers)
                await writer.drain()
            if fault.refuses or fault.answers is not None:
                return
            answers, upstream = await asyncio.open_connection("127.0.0.1", self.upstream_port)
            self._open.add(upstream)
            upstream.write(_rewritten(head, fault.strips) + body)
            sending = asyncio.create_task(self._copy(reader, upstream))
            try:
                await self._answer(answers, writer, fault)
            finally:
                sending.cancel()
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # a client or server that goes away is what this proxy is for
        except asyncio.CancelledError:
            pass  # stopped; asyncio.streams would print it
        finally:
            for side in (writer, upstream):
                if side is not None:
                    self._open.discard(side)
                    side.close()

    async def _answer(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault) -> None:
        if fault.loses_answer:
            await answers.read()
            writer.transport.abort()
            return
        if fault.hangs:
            await asyncio.Event().wait()
        if fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        if fault.cuts_after is not None:
            writer.write((await answers.read())[: fault.cuts_after])
            await writer.drain()
            return
        await self._copy(answers, writer)

    async def _copy(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(65536):
                while self._is_frozen:
                    await asyncio.sleep(0.02)
                target.write(piece)
                await target.drain()


def _body_bytes(head: bytes) -> int:
    """How long the body is, as the head says; 0 without a word."""
    found = _LENGTH.search(head)
    return 0 if found is None else int(found.group(1))


def _rewritten(head: bytes, strips: Sequence[str]) -> bytes:
    """The request head without the stripped headers, asking for a closed connection unless it asks for an upgrade."""
    first, *headers = head[:-4].split(b"\r\n")
    unwanted = {name.lower().encode() for name in strips}
    added: list[bytes] = []
    if not any(header.lower().startswith(b"upgrade:") for header in headers):
        unwanted |= {b"connection", b"keep-alive"}
        added = [b"Connection: close"]
    kept = [header for header in headers if header.split(b":", 1)[0].strip().lower() not in unwanted]
    return b"\r\n".join([first, *kept, *added]) + b"\r\n\r\n"
