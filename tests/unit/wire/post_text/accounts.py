"""Our own account on both platforms, and the JSON of a Mastodon status as small as servers send it."""

from __future__ import annotations

from maskbot.domain.identity import Platform, Profile

ON_MASTODON = Profile(
    platform=Platform.MASTODON,
    instance="social.example",
    user_id="1",
    handle="maskbot@social.example",
    actor_uri="https://social.example/users/maskbot",
)
ON_X = Profile(platform=Platform.X, instance="x.com", user_id="9", handle="maskbot")

ALICE = {
    "id": "2",
    "username": "alice",
    "acct": "alice",
    "url": "https://social.example/@alice",
    "uri": "https://social.example/users/alice",
}
OWN_MENTION = {"id": "1", "username": "maskbot", "acct": "maskbot", "url": "https://social.example/@maskbot"}
OWN_ANCHOR = '<a href="https://social.example/@maskbot" class="u-url mention">@<span>maskbot</span></a>'


def status(content: str, **changes: object) -> dict[str, object]:
    """A public status by alice that mentions us in its metadata."""
    return {
        "id": "100",
        "created_at": "2026-11-20T10:00:00.000Z",
        "account": ALICE,
        "visibility": "public",
        "content": content,
        "mentions": [OWN_MENTION],
        **changes,
    }


def x_post(text: str, **changes: object) -> dict[str, object]:
    """A post by user 5; each `@maskbot` in it is a mention entity."""
    mentions, at = [], text.find("@maskbot")
    while at >= 0:
        mentions.append({"start": at, "end": at + 8, "username": "maskbot", "id": "9"})
        at = text.find("@maskbot", at + 1)
    return {
        "id": "1990000000000000101",
        "text": text,
        "author_id": "5",
        "entities": {"mentions": mentions},
        **changes,
    }
