"""A stream of one account's events with our own reader and watchdog: WebSocket first, else server-sent events.

Source: social-platforms.md 4.1, 4.2, 5.1. The SDK's readers end for good on a callback's error or a bare-id `delete` frame, and
send the token to whatever host the instance document names; this one stays on the account's own host or below it. Nothing is
replayed by servers: whoever streams also polls. A frame that cannot be read is dropped.
"""

from __future__ import annotations

import asyncio
import json
import math
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from threading import Event
from urllib.parse import quote, urlsplit

import httpx
import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from maskbot.adapters.mastodon.client import USER_AGENT, Connection
from maskbot.adapters.mastodon.errors import Call, MastodonUnavailable, translated
from maskbot.domain.errors import MaskbotError

log = structlog.get_logger()
_LARGEST_FRAME_BYTES = 1024 * 1024
_OPEN_TIMEOUT_S = 20.0
_LOOK_AT_STOP_S = 0.2

OnEvent = Callable[[str, object], None]


class Stream:
    """Streams until told to stop. `watchdog_s`: how long the server may be silent (no event, heartbeat or pong)."""

    def __init__(self, connection: Connection, *, watchdog_s: float) -> None:
        self._connection = connection
        self._watchdog_s = watchdog_s

    def run(self, on_event: OnEvent, *, stop: Event) -> None:
        """Call `on_event(name, payload)` for each event; `payload` is decoded JSON, for `delete` the id as text.

        Raises: MastodonUnavailable (with an infinite `retry_after_s` when the server offers no stream), MastodonTokenRefused.
        """
        base = self._streaming_base()
        asyncio.run(self._until_stop(self._read(base, on_event), stop=stop))

    async def _until_stop(self, reading: AsyncIterator[None], *, stop: Event) -> None:
        async def drain() -> None:
            async for _ in reading:
                pass

        task = asyncio.ensure_future(drain())
        while not task.done() and not stop.is_set():
            await asyncio.wait({task}, timeout=_LOOK_AT_STOP_S)
        if not task.done():
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _read(self, base: str, on_event: OnEvent) -> AsyncIterator[None]:
        """Each transport in turn, until one is accepted."""
        statuses: list[int] = []
        for transport in (self._web_socket, self._web_socket_by_query, self._server_sent):
            try:
                async for name, payload in transport(base):
                    _hand_over(on_event, name, payload)
                    yield
            except _NotOffered as refusal:
                statuses.append(refusal.status)
                continue
            raise MastodonUnavailable("the stream ended")
        if 401 in statuses:
            self._check_token()
        raise MastodonUnavailable(f"the server offers no stream (HTTP {statuses})", retry_after_s=math.inf)

    def _check_token(self) -> None:
        """A stream that refuses the token, perhaps only a proxy before it, does not break an account whose API takes it.

        Raises: MastodonTokenRefused when the API refuses it as well; MastodonUnavailable, MastodonRefused.
        """
        client = self._connection.client
        with translated(client, Call.READ, what="ask whether the token works"):
            client.account_verify_credentials()

    def _web_socket(self, base: str) -> AsyncIterator[tuple[str, object]]:
        return self._frames(base, query="", headers={"Authorization": f"Bearer {self._connection.token}"})

    def _web_socket_by_query(self, base: str) -> AsyncIterator[tuple[str, object]]:
        """For servers that know no header there."""
        return self._frames(base, query=f"&access_token={quote(self._connection.token, safe='')}", headers={})

    async def _frames(self, base: str, *, query: str, headers: Mapping[str, str]) -> AsyncIterator[tuple[str, object]]:
        url = f"ws{base.removeprefix('http')}/api/v1/streaming?stream=user{query}"
        try:
            async with _Connect(
                url,
                additional_headers=headers,
                user_agent_header=USER_AGENT,
                max_size=_LARGEST_FRAME_BYTES,
                open_timeout=_OPEN_TIMEOUT_S,
                ping_interval=self._watchdog_s / 2,
                ping_timeout=self._watchdog_s / 2,
                close_timeout=1,
                proxy=None,
                ssl=self._tls() if url.startswith("wss") else None,
            ) as socket:
                async for frame in socket:
                    event = _frame(frame)
                    if event is not None:
                        yield event
        except InvalidStatus as error:
            status = error.response.status_code
            if status in (429, 500, 502, 503, 504):
                raise MastodonUnavailable(f"the stream cannot be opened now (HTTP {status})") from error
            raise _NotOffered(status) from error
        except InvalidHandshake as error:
            raise _NotOffered(0) from error
        except (OSError, TimeoutError, WebSocketException) as error:
            raise MastodonUnavailable(f"the stream broke ({type(error).__name__})") from error

    async def _server_sent(self, base: str) -> AsyncIterator[tuple[str, object]]:
        headers = {"Authorization": f"Bearer {self._connection.token}", "User-Agent": USER_AGENT}
        timeout = httpx.Timeout(_OPEN_TIMEOUT_S, read=self._watchdog_s)
        verify = self._tls() if base.startswith("https") else True
        try:
            async with (
                httpx.AsyncClient(timeout=timeout, trust_env=False, verify=verify) as client,
                client.stream("GET", f"{base}/api/v1/streaming/user", headers=headers) as answer,
            ):
                if answer.status_code in (429, 500, 502, 503, 504):
                    raise MastodonUnavailable(f"the stream cannot be opened now (HTTP {answer.status_code})")
                if answer.status_code != 200:
                    raise _NotOffered(answer.status_code)
                async for event in _records(answer.aiter_raw()):
                    yield event
        except httpx.HTTPError as error:
            raise MastodonUnavailable(f"the stream broke ({type(error).__name__})") from error

    def _streaming_base(self) -> str:
        """The origin to stream from: the one the instance names, if it is our host or a name below it; else our own."""
        client = self._connection.client
        own = urlsplit(self._connection.base_url)
        try:
            with translated(client, Call.READ, what="ask for the streaming host"):
                named = urlsplit(str(client.instance_v2()["configuration"]["urls"]["streaming"]))
            host, port = named.hostname or "", f":{named.port}" if named.port else ""
        except (MaskbotError, ValueError):
            host, port = "", ""
        if own.hostname and host.endswith(f".{own.hostname}"):
            return f"{own.scheme}://{host}{port}"
        return f"{own.scheme}://{own.netloc}"

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._connection.ca_bundle)


class _NotOffered(Exception):
    """This transport is not offered to us."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Connect(connect):
    """Follows no redirect: the token goes to the pinned host only."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


def _hand_over(on_event: OnEvent, name: str, payload: object) -> None:
    try:
        on_event(name, payload)
    except Exception as error:  # a receiver's failure must not end the stream; the poll brings the post again
        log.error("mastodon.event_lost", event_name=name[:32], error=type(error).__name__)


def _frame(frame: str | bytes) -> tuple[str, object] | None:
    """The event in one WebSocket frame, or None when it holds none."""
    outer = _json(frame)
    if not isinstance(outer, Mapping) or not isinstance(outer.get("event"), str):
        return None
    return _event(outer["event"], outer.get("payload"))


def _event(name: str, payload: object) -> tuple[str, object] | None:
    if not isinstance(payload, str):
        return name, payload
    if name == "delete":
        return name, payload.strip('"')
    decoded = _json(payload)
    return (name, decoded) if decoded is not None else None


def _json(text: str | bytes) -> object:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


async def _records(pieces: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, object]]:
    """The events of a server-sent stream; a record above the size limit ends it."""
    unfinished, name, data, size = bytearray(), "", [], 0
    async for piece in pieces:
        unfinished += piece
        size += len(piece)
        if size > _LARGEST_FRAME_BYTES:
            raise MastodonUnavailable("the stream broke (a record is too large)")
        if b"\n" not in piece:
            continue
        *lines, rest = bytes(unfinished).split(b"\n")
        unfinished = bytearray(rest)
        for line in lines:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            key, _, value = text.partition(":")
            if key == "event":
                name = value.strip()
            elif key == "data":
                data.append(value.removeprefix(" "))
            elif not text:
                event = _event(name, "\n".join(data)) if name else None
                name, data, size = "", [], len(unfinished)
                if event is not None:
                    yield event
            elif not key:
                size = len(unfinished)  # a heartbeat
