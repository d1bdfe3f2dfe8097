"""People of the sandbox: they write posts and read what comes back, over the platforms' own APIs and nothing else.

They see the bot only from the other side. Timelines are read with their own tokens.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from maskbot.sandbox.x_server.control import XControl

_TAG = re.compile(r"<[^>]+>")
_POLL_S = 0.05
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SeenPost:
    """A post as somebody sees it: its id, plain text, whole links, author's name, visibility."""

    post_id: str
    text: str
    author: str
    visibility: str = "public"
    parent_id: str | None = None
    pictures: tuple[str, ...] = ()


class OnMastodon:
    """A person on the sandbox's Mastodon server."""

    platform = "mastodon"

    def __init__(self, name: str, *, base_url: str, token: str) -> None:
        self.name = name
        self._http = httpx.Client(
            base_url=f"{base_url}/api/", headers={"Authorization": f"Bearer {token}"}, timeout=15, trust_env=False
        )

    def say(self, text: str, *, visibility: str = "public", reply_to: str | None = None, warning: str = "") -> str:
        """Post a status; its id."""
        body = {"status": text, "visibility": visibility, "in_reply_to_id": reply_to, "spoiler_text": warning}
        return str(self._call("POST", "v1/statuses", json={key: each for key, each in body.items() if each})["id"])

    def replies_to(self, post_id: str) -> list[SeenPost]:
        """Replies in the context of that post."""
        found = self._call("GET", f"v1/statuses/{post_id}/context")["descendants"]
        return [self._seen(each) for each in found if each["in_reply_to_id"] == post_id]

    def posts_of(self, author: str) -> list[SeenPost]:
        """Statuses of an account of this server."""
        account = self._call("GET", "v1/accounts/lookup", params={"acct": author})
        found = self._call("GET", f"v1/accounts/{account['id']}/statuses", params={"limit": 40})
        return [self._seen(each) for each in found]

    def picture(self, url: str) -> bytes:
        """The bytes of an attached picture."""
        return self._http.get(url).raise_for_status().content

    def follow(self, name: str) -> None:
        """Follow somebody."""
        account = self._call("GET", "v1/accounts/lookup", params={"acct": name})
        self._call("POST", f"v1/accounts/{account['id']}/follow")

    def _call(self, method: str, path: str, **request: Any) -> Any:
        return self._http.request(method, path, **request).raise_for_status().json()

    @staticmethod
    def _seen(status: dict[str, Any]) -> SeenPost:
        links = re.findall(r'href="([^"]+)"', status["content"])
        text = html.unescape(_TAG.sub("", status["content"].replace("<br>", "\n").replace("<br />", "\n")))
        whole = [html.unescape(link) for link in links if "mask.io" in link]
        return SeenPost(
            post_id=str(status["id"]),
            text=" ".join([text, *(link for link in whole if link not in text)]),
            author=status["account"]["acct"],
            visibility=status["visibility"],
            parent_id=status["in_reply_to_id"],
            pictures=tuple(each["url"] for each in status.get("media_attachments", [])),
        )


class OnX:
    """A person on the simulated X, who posts at the website."""

    platform = "x"

    def __init__(self, name: str, *, base_url: str) -> None:
        self.name = name
        self._site = XControl(base_url)

    def say(self, text: str, *, reply_to: str | None = None) -> str:
        """Post; its id."""
        return str(self._site.say(self.name, text, **({"reply_to": reply_to} if reply_to else {}))["id"])

    def replies_to(self, post_id: str) -> list[SeenPost]:
        """Replies that are there, links whole."""
        return [self._seen(each) for each in self._site.replies_to(post_id)]

    def picture(self, media_id: str) -> bytes:
        """The bytes of an attached picture."""
        return self._site.media(media_id)

    def posts_of(self, author: str) -> list[SeenPost]:
        """Posts of an account, newest first."""
        found = self._site.posts(author=author, viewer=self.name)
        return [self._seen(each) for each in reversed(found) if not each["is_deleted"]]

    @staticmethod
    def _seen(post: dict[str, Any]) -> SeenPost:
        return SeenPost(
            post_id=str(post["id"]),
            text=post["text"],
            author=post["author"],
            parent_id=post.get("reply_to"),
            pictures=tuple(str(each["id"]) for each in post["media"]),
        )


Human = OnMastodon | OnX
"""Somebody on one platform."""


def wait_for(look: Callable[[], T], *, timeout_s: float, what: str) -> T:
    """What `look` finds, as soon as it is something. Raises TimeoutError that says what was waited for."""
    deadline = time.monotonic() + timeout_s
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} was not seen within {timeout_s:g} s")
        time.sleep(_POLL_S)
    return found
