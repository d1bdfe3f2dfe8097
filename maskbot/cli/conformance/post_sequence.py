"""The replies that a sequence of events leads to: events ask for them, the server's answers to our requests settle them.

Source: conformance.md 3 (`post.parse`), social-platforms.md 3.3, 5.2 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskbot.cli.conformance.post_decision import Decision, reply_key
from maskbot.domain.identity import Profile

_DUPLICATE = "duplicate content"
_FINAL = frozenset({400, 401, 402, 403, 404, 405, 410, 422})


@dataclass(slots=True)
class _Reply:
    """One reply asked for. `is_unknown`: a request was sent and its outcome is not known."""

    decision: Decision
    is_tried: bool = False
    is_posted: bool = False
    is_final: bool = False
    is_unknown: bool = False


@dataclass(slots=True)
class Replies:
    """What was asked for so far, by the root id of the question."""

    own: Profile
    _replies: dict[str, _Reply] = field(default_factory=dict)
    _keys: list[str] = field(default_factory=list)
    _last_reason: object = None

    @property
    def versions_answered(self) -> frozenset[str]:
        """Ids of questions whose reply is out."""
        return frozenset(root for root, reply in self._replies.items() if reply.is_posted)

    def ask(self, decision: Decision) -> None:
        """One event brought this decision; the same question asks for the same reply."""
        if decision.post is None or not decision.asks_for_reply:
            self._last_reason = decision.result.get("reason", self._last_reason)
            return
        self._keys.append(reply_key(decision.post, own=self.own))
        reply = self._replies.setdefault(decision.post.root_id, _Reply(decision))
        reply.is_tried = reply.is_final  # what is not settled is tried again

    def deleted(self, post_id: str) -> None:
        """The question is gone: it is not answered any more."""
        reply = self._replies.get(post_id)
        if reply is not None and not reply.is_posted:
            reply.is_final = reply.is_tried = True

    def server_answered(self, step: Mapping[str, object]) -> None:
        """How the server answered our request for the reply that is not settled yet (None: it never did)."""
        reply = next((reply for reply in self._replies.values() if not reply.is_posted and not reply.is_final), None)
        if reply is None:
            return
        status = step.get("status")
        found = step.get("payload", step.get("body", step.get("response")))
        if str(step.get("method", "POST")).upper() == "GET" or isinstance(found, list):
            reply.is_posted = reply.is_posted or _names_parent(found, reply)
            return
        reply.is_tried = True
        is_duplicate = status == 403 and reply.is_unknown and _DUPLICATE in str(step).lower()
        if is_duplicate or (isinstance(status, int) and 200 <= status < 300):
            reply.is_posted = True
        elif status in _FINAL:
            reply.is_final = True
        elif status != 429:
            reply.is_unknown = True

    def result(self) -> dict[str, object]:
        """`once` with the reply and its keys, or `none_posted` and whether it is worth another try."""
        posted = [reply for reply in self._replies.values() if reply.is_posted or not reply.is_tried]
        if len(posted) == 1:
            return {"action": "once", "of": dict(posted[0].decision.result), "idempotency_keys": self._keys}
        if posted:
            return {"action": "many", "count": len(posted), "idempotency_keys": self._keys}
        retry = any(not reply.is_final for reply in self._replies.values())
        return {"action": "none_posted", "retry": retry, "reason": self._last_reason, "idempotency_keys": self._keys}


def _names_parent(found: object, reply: _Reply) -> bool:
    post = reply.decision.post
    items = found if isinstance(found, list) else [found]
    return post is not None and any(
        isinstance(item, Mapping) and str(item.get("in_reply_to_id")) in (post.post_id, post.root_id) for item in items
    )
