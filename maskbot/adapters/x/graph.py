"""`SocialGraph` on X: a profile and what it says of itself, with whole links in place of t.co ones; and how people stand to us."""

from __future__ import annotations

import html
import re
from typing import Any

from maskbot.adapters.x.client import XClient
from maskbot.adapters.x.errors import XRefused
from maskbot.adapters.x.people import FIELDS, People
from maskbot.adapters.x.self_knowledge import profile_of
from maskbot.adapters.x.standing import Reposters, is_follower
from maskbot.ports.outside import ProfileText, Standing

_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_LARGEST_BIO = 4_000
_MOST_LINKS = 20


class XGraph:
    """Looks people up by handle. Implements `ports.outside.SocialGraph`."""

    def __init__(self, client: XClient, *, people: People) -> None:
        self._client = client
        self._people = people
        self._reposters = Reposters(client)

    def fetch_profile(self, handle: str) -> ProfileText | None:
        """The bio with its links whole, and the link of the profile as the field `url`; None also for what is no handle of X."""
        if not _HANDLE.fullmatch(handle):
            return None
        try:
            answer = self._client.get("/2/users/by/username/:username", params=FIELDS, username=handle)
        except XRefused:
            return None
        user = answer.get("data")
        if not isinstance(user, dict):
            return None
        self._people.remember(user)
        links = _links(user)
        bio = user.get("description")
        url = user.get("url")
        fields = (("url", links.get(url, url)[:500]),) if isinstance(url, str) and url else ()
        return ProfileText(profile_of(user), _expand(bio, links) if isinstance(bio, str) else "", fields)

    def is_followed_by(self, user_id: str) -> Standing:
        """X shows it with the user, to whom the token belongs: `connection_status`."""
        return is_follower(self._client, user_id)

    def has_boosted(self, post_id: str, *, user_id: str) -> Standing:
        """The newest 500 reposts are read, each user once: who was seen stays known."""
        return self._reposters.look(post_id, user_id=user_id)


def _expand(bio: str, links: dict[str, str]) -> str:
    for short, whole in links.items():
        bio = bio[:_LARGEST_BIO].replace(short, whole)
    return html.unescape(bio)[:_LARGEST_BIO]


def _links(user: dict[str, Any]) -> dict[str, str]:
    """Short links of the description and of the url field, with what they stand for."""
    made: dict[str, str] = {}
    entities = user.get("entities")
    for part in ("description", "url"):
        holder = entities.get(part) if isinstance(entities, dict) else None
        urls = holder.get("urls") if isinstance(holder, dict) else None
        for link in (urls if isinstance(urls, list) else [])[:_MOST_LINKS]:
            if (
                isinstance(link, dict)
                and isinstance(link.get("url"), str)
                and isinstance(link.get("expanded_url"), str)
            ):
                made[link["url"]] = link["expanded_url"][:1_000]
    return {short: whole for short, whole in made.items() if short}
