"""Who boosted a post, the newest first, page by page: what the SDK gives is one page without its `Link` header.

Only the `max_id` of that header is used: the next page is asked of the same server, whatever the header names.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import requests

from maskbot.adapters.mastodon.client import USER_AGENT, Connection
from maskbot.adapters.mastodon.errors import Call, MastodonRefused, entity, translated
from maskbot.ports.outside import Standing

PAGE = 80
MOST_PAGES = 5
"""The newest 400 boosts; a server lets 300 calls through in five minutes (social-platforms.md 5.2)."""
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)


def look_for_booster(connection: Connection, post_id: str, *, user_id: str) -> Standing:
    """Whether the user is among those who boosted; not known when the newest 400 do not show it and there are more.

    Raises: MastodonUnavailable, MastodonRefused (the post is not there for us), MastodonTokenRefused.
    """
    if not _ID.fullmatch(post_id):
        raise MastodonRefused("a status id is letters and digits", status=404)
    params = {"limit": str(PAGE)}
    for _ in range(MOST_PAGES):
        users, older = _page(connection, post_id, params)
        if user_id in users:
            return Standing(is_so=True)
        if older is None:
            return Standing(is_so=False)
        params["max_id"] = older
    return Standing(is_so=None)


def _page(connection: Connection, post_id: str, params: dict[str, str]) -> tuple[set[str], str | None]:
    """The ids of one page, and below which boost the next one lies."""
    client = connection.client
    with translated(client, Call.READ, what="look at who boosted"):
        answer = client.session.get(
            f"{connection.base_url}/api/v1/statuses/{post_id}/reblogged_by",
            params=params,
            headers={"Authorization": f"Bearer {connection.token}", "User-Agent": USER_AGENT},
            timeout=connection.timeout_s,
            allow_redirects=False,
        )
        answer.raise_for_status()
        found = json.loads(answer.content)
        if answer.status_code != requests.codes.ok or not isinstance(found, list):
            raise ValueError("the answer is no list")
        return {str(entity(each)["id"]) for each in found[:PAGE]}, _older(answer)


def _older(answer: requests.Response) -> str | None:
    url = answer.links.get("next", {}).get("url", "")
    given = parse_qs(urlsplit(url).query).get("max_id", [""])[0] if isinstance(url, str) else ""
    return given if _ID.fullmatch(given) else None
