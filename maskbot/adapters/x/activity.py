"""The activity stream: mentions pushed by X, for accounts whose app has a bearer token (spec/social-platforms.md, 2.1 and 3.2).

Events use the old field names; X sends a newline at least every 20 s, and longer silence means that the stream is dead.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from threading import Event
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from maskbot.adapters.x.client import Json, XClient
from maskbot.adapters.x.errors import XDown, XRefused, XTokenRefused, lost, translate
from maskbot.adapters.x.transport import XSession

MENTION = "post.mention.create"
DELETION = "post.delete"
SILENCE_S = 45.0
LARGEST_EVENT_BYTES = 512 * 1024
_STOP_LOOK_S = 0.5
_STREAM = "/2/activity/stream"


class ActivityStream:
    """Keeps the subscriptions of one account and reads its stream."""

    def __init__(self, client: XClient, *, session: XSession, bearer_token: str, silence_s: float = SILENCE_S) -> None:
        self._client = client
        self._session = session
        self._bearer_token = bearer_token
        self._silence_s = silence_s

    def run(
        self,
        *,
        own_id: str,
        on_mention: Callable[[Json], None],
        on_deleted: Callable[[str], None],
        stop: Event,
    ) -> None:
        """Reads until `stop` is set. Raises Unavailable: with an infinite pause when X does not offer the stream to this app."""
        if not self._bearer_token:
            raise XDown("the activity stream needs the app's bearer token", retry_after_s=float("inf"))
        try:
            self._subscribe(own_id)
            response = self._open()
        except (XTokenRefused, XRefused) as error:
            raise XDown(f"no activity stream for this app: {error}", retry_after_s=float("inf")) from error
        done = Event()
        threading.Thread(target=_close_on, args=(stop, done, response), name="x-stream-stop", daemon=True).start()
        try:
            for event in _events(response):
                if stop.is_set():
                    return
                _dispatch(event, own_id=own_id, on_mention=on_mention, on_deleted=on_deleted)
        except (requests.RequestException, HTTPError, OSError) as error:
            if not stop.is_set():
                raise lost(error, may_have_acted=False) from error
        finally:
            done.set()
            response.close()
        if not stop.is_set():
            raise XDown("X ended the activity stream")

    def _subscribe(self, own_id: str) -> None:
        held = self._client.get("/2/activity/subscriptions").get("data")
        have = {
            item.get("event_type")
            for item in (held if isinstance(held, list) else [])
            if isinstance(item, dict)
            and isinstance(item.get("filter"), dict)
            and item["filter"].get("user_id") == own_id
        }
        for event_type in (MENTION, DELETION):
            if event_type not in have:
                body = {"event_type": event_type, "filter": {"user_id": own_id}, "tag": f"maskbot {event_type}"}
                self._client.post("/2/activity/subscriptions", body=body, may_have_acted=False)

    def _open(self) -> requests.Response:
        try:
            response = self._session.request(
                "GET",
                _STREAM,
                headers={"Authorization": f"Bearer {self._bearer_token}"},
                timeout=(self._session.timeout_s[0], self._silence_s),
                stream=True,
            )
        except requests.RequestException as error:
            raise lost(error, may_have_acted=False) from error
        if not response.ok or response.is_redirect:
            raise translate(response, may_have_acted=False, now_s=self._client.now_s())
        return response


def _events(response: requests.Response) -> Iterator[Json]:
    """The events of the stream; heartbeats and lines that are no JSON object pass unseen."""
    buffer = b""
    while part := response.raw.read1(64 * 1024, decode_content=True):
        buffer += part
        *lines, buffer = buffer.split(b"\n")
        if len(buffer) > LARGEST_EVENT_BYTES:
            raise XDown("X sent an event beyond all bounds")
        for line in lines:
            if line.strip() and len(line) <= LARGEST_EVENT_BYTES:
                try:
                    value = json.loads(line)
                except (ValueError, RecursionError):
                    continue
                if isinstance(value, dict):
                    yield value


def _dispatch(
    event: Json, *, own_id: str, on_mention: Callable[[Json], None], on_deleted: Callable[[str], None]
) -> None:
    data: Any = event.get("data")
    if not isinstance(data, dict) or not isinstance(data.get("payload"), dict):
        return
    concerned = data.get("filter")
    if not isinstance(concerned, dict) or concerned.get("user_id") != own_id:
        return  # the stream carries every account of the app
    payload = data["payload"]
    if data.get("event_type") == MENTION:
        includes = data.get("includes")
        on_mention({"data": payload, "includes": includes if isinstance(includes, dict) else {}})
    elif data.get("event_type") == DELETION and isinstance(payload.get("id"), str):
        on_deleted(payload["id"])


def _close_on(stop: Event, done: Event, response: requests.Response) -> None:
    """Wakes the reader of a stream when `stop` is set; ends with the stream."""
    while not done.is_set():
        if stop.wait(_STOP_LOOK_S):
            with suppress(RuntimeError, ValueError, OSError):  # it may have ended by itself
                response.raw.shutdown()
            return
