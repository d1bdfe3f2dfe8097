"""One relay: a WebSocket kept open while it is needed, opened again with backoff when it breaks.

Source: `spec/gun-personas-backup.md` B.1, B.7. Runs in the event loop of `loop_thread`; nothing here is called from
elsewhere. A text frame above `_MAX_FRAME_BYTES` ends the connection (the library's own bound, before it is held
whole); what the session reads of a frame is bounded again by its limits.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from maskbot.domain.errors import Misconfigured
from maskbot.wire.gun import Event, Session

_MAX_FRAME_BYTES = 4 << 20
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 30.0
_CALM_S = 10.0
"""A connection that held so long is opened again at once; a relay that hangs up sooner is left alone for longer each time."""
_IDLE_S = 120.0
_PING_S = 20.0
_SCHEMES = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Operation(Protocol):
    """Something under way with one relay: a reading or a writing of `wire.gun`."""

    @property
    def is_done(self) -> bool: ...

    def start(self, session: Session, *, now_ms: float) -> None: ...

    def on_event(self, session: Session, event: Event, *, now_ms: float) -> None: ...

    def on_time(self, session: Session, /, *, now_ms: float) -> None: ...

    def wakes_at_ms(self) -> float | None: ...

    def finish(self, session: Session) -> None: ...


def socket_url(relay: str) -> str:
    """Return the WebSocket address of a relay URL (`https://host/gun` -> `wss://host/gun`).

    Raises:
        Misconfigured: not an http, https, ws or wss URL with a host.
    """
    try:
        parts = urlsplit(relay)
        is_address = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not match, a port beyond all ports
        is_address = False
    if not is_address:
        raise Misconfigured("a GUN relay is given as an URL like https://relay.example/gun")
    return parts._replace(scheme=_SCHEMES[parts.scheme]).geturl()


class _ConnectWithoutRedirects(connect):
    """A relay that sends us elsewhere is down: it does not choose whom we talk to (reliability.md E11)."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class RelayConnection:
    """The operations under way with one relay and the socket that serves them.

    `is_down` is true after a failed attempt to connect, until one succeeds.
    """

    def __init__(
        self, relay: str, *, entropy: Callable[[int], bytes], connect_timeout_s: float, calm_s: float = _CALM_S
    ) -> None:
        self.relay = relay
        self.is_down = False
        self._url = socket_url(relay)
        self._connect_timeout_s = connect_timeout_s
        self._calm_s = calm_s
        self._session = Session(entropy=entropy)
        self._operations: dict[Operation, asyncio.Event] = {}
        self._has_to_send = asyncio.Event()
        self._is_wanted = asyncio.Event()
        self._is_open = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._idle_since_s = 0.0

    async def perform(self, operation: Operation, *, timeout_s: float) -> bool:
        """Carry an operation out; False when it was not done in time. A lost connection is opened again meanwhile."""
        changed = self.begin(operation)
        deadline_s = _now_s() + timeout_s
        try:
            while not operation.is_done:
                wake_ms = operation.wakes_at_ms()
                until_s = deadline_s if wake_ms is None else min(deadline_s, wake_ms / 1000)
                with suppress(TimeoutError):
                    await asyncio.wait_for(changed.wait(), max(0.0, until_s - _now_s()))
                changed.clear()
                operation.on_time(self._session, now_ms=_now_s() * 1000)
                self._has_to_send.set()
                if _now_s() >= deadline_s:
                    break
        finally:
            self.end(operation)
        return operation.is_done

    def begin(self, operation: Operation) -> asyncio.Event:
        """Start an operation that goes on until `end`; the event is set whenever something happened to it."""
        changed = self._operations[operation] = asyncio.Event()
        operation.start(self._session, now_ms=_now_s() * 1000)
        self._has_to_send.set()
        self._is_wanted.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve(), name=f"gun relay {urlsplit(self._url).hostname}")
        return changed

    def end(self, operation: Operation) -> None:
        """End an operation; what the relay still says to it is dropped."""
        if self._operations.pop(operation, None) is not None:
            operation.finish(self._session)
            self._idle_since_s = _now_s()

    async def is_open_within(self, timeout_s: float) -> bool:
        """Wait for the connection; False if it did not open in time."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_open.wait(), timeout_s)
        return self._is_open.is_set()

    async def close(self) -> None:
        """End the connection and everything under way."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _serve(self) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            began_s = _now_s()
            try:
                await self._connect_once()
            except (OSError, WebSocketException, TimeoutError, ValueError):  # ValueError: a host name that is none
                self.is_down = True  # told to the caller by `is_down` and by its own timeout; the cause is the network
            if _now_s() - began_s > self._calm_s:
                pause_s = _FIRST_PAUSE_S
            self._is_open.clear()
            self._session.disconnected()
            if not self._operations:
                return
            self._is_wanted.clear()
            with suppress(TimeoutError):  # whoever begins something new does not wait for the end of a long pause
                spread = random.uniform(0.5, 1.0)  # noqa: S311 - spreads reconnects, no secret
                await asyncio.wait_for(self._is_wanted.wait(), pause_s * spread)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _connect_once(self) -> None:
        is_local = urlsplit(self._url).hostname in _LOOPBACK
        async with _ConnectWithoutRedirects(
            self._url,
            compression=None,
            max_size=_MAX_FRAME_BYTES,
            open_timeout=self._connect_timeout_s,
            close_timeout=1,
            ping_interval=_PING_S,
            ping_timeout=_PING_S,
            proxy=None if is_local else True,
        ) as socket:
            self.is_down = False
            self._is_open.set()
            self._has_to_send.set()
            await self._talk(socket)

    async def _talk(self, socket: ClientConnection) -> None:
        tasks = [asyncio.create_task(part) for part in (self._receive(socket), self._send(socket), self._watch_idle())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _receive(self, socket: ClientConnection) -> None:
        async for frame in socket:
            if isinstance(frame, bytes):
                continue  # GUN speaks text; a binary frame is noise
            now_ms = _now_s() * 1000
            for event in self._session.receive(frame):
                for operation, changed in list(self._operations.items()):
                    operation.on_event(self._session, event, now_ms=now_ms)
                    changed.set()
            self._has_to_send.set()

    async def _send(self, socket: ClientConnection) -> None:
        while True:
            await self._has_to_send.wait()
            self._has_to_send.clear()
            for frame in self._session.take_frames():
                await socket.send(frame)

    async def _watch_idle(self) -> None:
        while self._operations or _now_s() - self._idle_since_s < _IDLE_S:
            await asyncio.sleep(_IDLE_S / 4)


def _now_s() -> float:
    return asyncio.get_running_loop().time()
