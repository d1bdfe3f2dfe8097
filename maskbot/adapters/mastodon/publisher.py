"""Publishing for one account (port `Publisher`).

Source: social-platforms.md 4.1 (posts, media, limits) and 8; reliability.md C.4. An `Idempotency-Key` is sent and not relied
on: `find` looks among our own latest posts for what a lost answer may have left.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping

from mastodon import Mastodon

from maskbot.adapters.mastodon.client import Connection
from maskbot.adapters.mastodon.errors import Call, MastodonRefused, MastodonUnavailable, entity, translated
from maskbot.adapters.mastodon.own_account import OwnAccount
from maskbot.domain.identity import Platform
from maskbot.domain.post import Draft, Picture, PostLimits
from maskbot.ports.outside import PictureRefused, Published
from maskbot.wire.post_text import read_html, status_time_ms

_MEDIA_DEADLINE_S = 60.0
_MEDIA_PAUSE_S = 1.0
_PAGE_SIZE = 40
_MOST_PAGES = 5
_HANDLE = re.compile(r"@[\w.-]+(?:@[\w.:-]+)?")


class MastodonPublisher:
    """Publishes for one account. `pause` is how it waits for the server to process media, in seconds."""

    def __init__(self, connection: Connection, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._connection = connection
        self._own = OwnAccount(connection)
        self._pause = pause
        self._limits: PostLimits | None = None

    def limits(self) -> PostLimits:
        """The instance's own limits; Mastodon's defaults where it names none. Asked once and remembered."""
        if self._limits is None:
            self._limits = _limits_in(self._configuration())
        return self._limits

    def deliver(self, draft: Draft, *, idempotency_key: str) -> Published:
        """Publish the draft. Raises: MastodonUnconfirmed if it may have been published all the same, MastodonUnavailable,
        MastodonRefused, PictureRefused, MastodonTokenRefused."""
        client = self._connection.client
        try:
            media_ids = [self._upload(client, picture) for picture in draft.pictures]
        except MastodonRefused as error:
            raise PictureRefused(f"the server takes no such picture: {error}") from error
        try:
            return self._post(client, draft, media_ids, idempotency_key)
        except MastodonRefused as error:
            if error.status != 422 or not media_ids:
                raise
        for media_id in media_ids:  # refused while a picture was still in work: wait for all, then once more
            self._await_media(client, media_id, self._deadline())
        return self._post(client, draft, media_ids, idempotency_key)

    def find(self, draft: Draft, *, since_ms: int) -> Published | None:
        """Our own post since then that answers the same post with the same words; None if it is not there.

        Raises: MastodonUnavailable, MastodonRefused, MastodonTokenRefused.
        """
        own_id = self._own.profile().user_id
        client = self._connection.client
        older_than: str | None = None
        for _ in range(_MOST_PAGES):
            with translated(client, Call.READ, what="look among our own posts"):
                found = client.account_statuses(own_id, exclude_reblogs=True, max_id=older_than, limit=_PAGE_SIZE)
                page: list[Mapping[str, object]] = [entity(item) for item in found]
            for status in page:
                if status_time_ms(status) >= since_ms and _is_same(status, draft):
                    return _published(status)
            if not page or status_time_ms(page[-1]) < since_ms:
                return None
            older_than = str(page[-1]["id"])
        return None

    def delete(self, post_id: str) -> None:
        """Delete a post of ours; what is gone already is as well. Raises: MastodonUnavailable, MastodonRefused,
        MastodonTokenRefused."""
        client = self._connection.client
        try:
            with translated(client, Call.REPEATABLE, what="delete a post"):
                client.status_delete(post_id)
        except MastodonRefused as error:
            if error.status not in (404, 410):
                raise

    def _post(self, client: Mastodon, draft: Draft, media_ids: list[str], idempotency_key: str) -> Published:
        with translated(client, Call.EFFECT, what="publish a post"):
            status = client.status_post(
                draft.text,
                in_reply_to_id=draft.in_reply_to_id,
                media_ids=media_ids or None,
                visibility=draft.visibility.value,
                spoiler_text=draft.spoiler_text or None,
                idempotency_key=idempotency_key,
            )
            return _published(entity(status))

    def _upload(self, client: Mastodon, picture: Picture) -> str:
        """Upload one picture and wait until it can be attached; its id. An upload nobody attaches vanishes by itself."""
        deadline = self._deadline()
        with translated(client, Call.REPEATABLE, what="upload a picture"):
            media = entity(
                client.media_post(
                    picture.png, mime_type="image/png", description=picture.alt_text, file_name="card.png"
                )
            )
            media_id = str(media["id"])
        if not media.get("url"):
            self._await_media(client, media_id, deadline)
        return media_id

    def _await_media(self, client: Mastodon, media_id: str, deadline: float) -> None:
        while True:
            with translated(client, Call.READ, what="ask for a picture in work"):
                if client.media(media_id).get("url"):
                    return
            if time.monotonic() > deadline:
                raise MastodonUnavailable("the server does not finish processing a picture")
            self._pause(_MEDIA_PAUSE_S)

    def _deadline(self) -> float:
        return time.monotonic() + _MEDIA_DEADLINE_S

    def _configuration(self) -> Mapping[str, object]:
        """The instance document, new form or old."""
        client = self._connection.client
        try:
            with translated(client, Call.READ, what="ask for the instance"):
                return dict(client.instance_v2())
        except MastodonRefused:
            with translated(client, Call.READ, what="ask for the instance"):
                return dict(client.instance_v1())


def _limits_in(instance: Mapping[str, object]) -> PostLimits:
    configuration = instance.get("configuration")
    statuses = configuration.get("statuses") if isinstance(configuration, Mapping) else None
    said = statuses if isinstance(statuses, Mapping) else {}
    most = said.get("max_characters") or instance.get("max_toot_chars")
    weight = said.get("characters_reserved_per_url")
    return PostLimits(
        max_length=most if isinstance(most, int) and 0 < most <= 1_000_000 else 500,
        url_weight=weight if isinstance(weight, int) and 0 < weight <= 1_000 else 23,
        counts=Platform.MASTODON,
    )


def _published(status: Mapping[str, object]) -> Published:
    return Published(post_id=str(status["id"]), url=str(status.get("url") or status.get("uri") or ""))


def _is_same(status: Mapping[str, object], draft: Draft) -> bool:
    """Same parent, same visibility, same letters. Handles and punctuation are left out: servers render both in their own ways."""
    parent = status.get("in_reply_to_id")
    if (str(parent) if parent else None) != draft.in_reply_to_id:
        return False
    return _letters(read_html(str(status.get("content") or "")[:262_144]).text) == _letters(draft.text)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, _HANDLE.sub(" ", text))).casefold()
