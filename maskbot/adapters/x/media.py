"""Pictures to X: initialize, append, finalize, wait until processed, describe (spec/social-platforms.md, 3.2).

tweepy has no media upload of v2. Nothing here publishes anything, so every step may be repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from maskbot.adapters.x.client import XClient
from maskbot.adapters.x.errors import XDown, XPostUnfit, XRefused
from maskbot.domain.post import Picture

LARGEST_IMAGE_BYTES = 5 * 1024 * 1024
MOST_PICTURES = 4
LONGEST_ALT_TEXT = 1_000
SEGMENT_BYTES = 1024 * 1024
DEADLINE_S = 30.0
_LONGEST_PAUSE_S = 5.0


class MediaUpload:
    """Uploads the pictures of a draft. `pause` waits between looks at the processing state."""

    def __init__(self, client: XClient, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._pause = pause

    def upload(self, pictures: tuple[Picture, ...]) -> list[str]:
        """The media ids, in order. Raises Unavailable when processing outlasts the deadline, Refused for an unfit picture."""
        if len(pictures) > MOST_PICTURES:
            raise XPostUnfit(f"X takes at most {MOST_PICTURES} pictures in a post, got {len(pictures)}")
        return [self._upload_one(picture) for picture in pictures]

    def _upload_one(self, picture: Picture) -> str:
        if len(picture.png) > LARGEST_IMAGE_BYTES:
            raise XPostUnfit(f"X takes pictures of at most {LARGEST_IMAGE_BYTES} bytes, got {len(picture.png)}")
        started = self._client.post(
            "/2/media/upload/initialize",
            body={"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(picture.png)},
            may_have_acted=False,
        )
        media_id = _media_id(started)
        for index, start in enumerate(range(0, len(picture.png), SEGMENT_BYTES)):
            self._client.upload(
                "/2/media/upload/:id/append",
                fields={"segment_index": str(index)},
                media=picture.png[start : start + SEGMENT_BYTES],
                id=media_id,
            )
        self._await_processed(
            media_id, self._client.post("/2/media/upload/:id/finalize", body={}, may_have_acted=False, id=media_id)
        )
        self._client.post(
            "/2/media/metadata",
            body={"id": media_id, "metadata": {"alt_text": {"text": shorten(picture.alt_text)}}},
            may_have_acted=False,
        )
        return media_id

    def _await_processed(self, media_id: str, answer: dict[str, Any]) -> None:
        ends_s = time.monotonic() + DEADLINE_S
        while True:
            info = _processing(answer)
            state = info.get("state", "succeeded")
            if state == "succeeded":
                return
            if state == "failed":
                raise XRefused("X could not process the picture")
            wait_s = info.get("check_after_secs")
            pause_s = min(float(wait_s), _LONGEST_PAUSE_S) if isinstance(wait_s, int) and wait_s >= 0 else 1.0
            if time.monotonic() + pause_s > ends_s:
                raise XDown(f"X did not process a picture within {DEADLINE_S:.0f} s", retry_after_s=60.0)
            self._pause(pause_s)
            answer = self._client.get("/2/media/upload", params={"command": "STATUS", "media_id": media_id})


def shorten(alt_text: str) -> str:
    """Alt text within X's bound, cut at a word."""
    if len(alt_text) <= LONGEST_ALT_TEXT:
        return alt_text
    return alt_text[: LONGEST_ALT_TEXT - 1].rsplit(" ", 1)[0] + "…"


def _media_id(answer: dict[str, Any]) -> str:
    data = answer.get("data")
    media_id = data.get("id") if isinstance(data, dict) else None
    if not isinstance(media_id, str) or not media_id.isdecimal() or len(media_id) > 20:
        raise XDown("X gave no id for an uploaded picture")
    return media_id


def _processing(answer: dict[str, Any]) -> dict[str, Any]:
    data = answer.get("data")
    info = data.get("processing_info") if isinstance(data, dict) else None
    return info if isinstance(info, dict) else {}
