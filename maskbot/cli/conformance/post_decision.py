"""What the bot decides about one read post, in the words of vectors/social.json (social-platforms.md 10.4)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from maskbot.domain.delivery import idempotency_key
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import Post
from maskbot.wire.payload import encode_carrier, find_payloads
from maskbot.wire.post_text import Naming, ReadPost, read_request, shows_cut_payload

_DECRYPT = frozenset({"decrypt", "read"})


@dataclass(frozen=True, slots=True)
class Decision:
    """The result for one post; `post` is None for an event that brought none."""

    result: Mapping[str, object]
    post: Post | None = None

    @property
    def asks_for_reply(self) -> bool:
        """Whether one reply would be made."""
        return self.result["action"] in ("command", "payload", "error")


def ignored(reason: str, post: Post | None = None) -> Decision:
    """No reply."""
    return Decision({"action": "ignore", "reason": reason}, post)


def reply_key(post: Post, *, own: Profile) -> str:
    """The key under which the reply is delivered."""
    return idempotency_key(account_id=own.user_id, cause_id=post.root_id)


def decide(read: ReadPost, *, answered: Collection[str], versions: Collection[str] = ()) -> Decision:
    """The decision; `versions` are the ids of all versions of the post, `answered` those of posts answered before."""
    post = read.post
    if post.is_own:
        return ignored("own_post", post)
    if post.is_repost:
        return ignored("repost", post)
    if post.author.is_bot:
        return ignored("author_is_bot", post)
    if read.naming is Naming.NOWHERE:
        return ignored("not_mentioned", post)
    if read.naming is Naming.CARRIED:
        return ignored("not_addressed", post)
    if not {post.post_id, post.root_id, *versions}.isdisjoint(answered):
        return ignored("already_answered_version", post)
    if post.author_refuses_bots:
        return ignored("author_refuses_bots", post)
    return Decision(_asked(post) | _manners(post), post)


def _asked(post: Post) -> dict[str, object]:
    words = read_request(post.request_text or "")
    found = _payload(post.text, post.links)
    if found is None and words.verb in _DECRYPT and post.quoted is not None:
        found = _payload(post.quoted.text, post.quoted.links)
    if found is not None:
        return {"action": "payload", "command": words.verb, **found}
    quoted = post.quoted if words.verb in _DECRYPT else None
    texts = [(post.text, post.links)] + ([(quoted.text, quoted.links)] if quoted else [])
    if any(shows_cut_payload(text, links=links) for text, links in texts):
        return {"action": "error", "error": "truncated_payload"}
    if words.verb in _DECRYPT:
        return {"action": "error", "error": "no_payload"}
    return {"action": "command", "command": words.verb, "args": list(words.args)}


def _manners(post: Post) -> dict[str, object]:
    if post.platform is Platform.X:
        return {"reply_max_cashtags": 1}
    return {"reply_visibility": post.visibility.value, "reply_spoiler_text": post.spoiler_text}


def _payload(text: str, links: Collection[str]) -> dict[str, object] | None:
    """The first payload in links or text, and the link that carried it."""
    for link in links:
        for payload in find_payloads("", urls=(link,)):
            return {"payload": _raw(payload), "link": link}
    for payload in find_payloads(text):
        return {"payload": _raw(payload)}
    return None


def _raw(payload: str | bytes) -> str:
    return payload if isinstance(payload, str) else encode_carrier(payload, network="localhost")
