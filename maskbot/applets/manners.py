"""Manners: `stop` and `start` (opt-out), `delete` (our reply to you goes away).

Source: social-platforms.md 2.8 and 7. These are commands with effect: recorded whatever the asker's limit says.
"""

from __future__ import annotations

from maskbot.domain.post import Visibility
from maskbot.domain.request import Answer, DeleteReply, Facts, Need, OptIn, OptOut, ReplyFact, ReplyNeed, Request

_NEED = ReplyNeed()


class Manners:
    """Answers `stop`, `start` and `delete`."""

    name = "manners"
    verbs: tuple[str, ...] = ("stop", "start", "delete")

    def accepts(self, request: Request) -> bool:
        """Only by verb."""
        return False

    def needs(self, request: Request) -> tuple[Need, ...]:
        """`delete` must know which reply is meant."""
        return (_NEED,) if request.verb == "delete" else ()

    def decide(self, request: Request, facts: Facts) -> Answer:
        """The effect, and at most one quiet line."""
        if request.verb == "stop":
            return Answer(words=None, reason="opted_out", effects=(OptOut(),), is_counted=False)
        if request.verb == "start":
            return Answer(
                words="Welcome back: I answer you again. Write stop to end that.",
                reason="opted_in",
                effects=(OptIn(),),
                is_counted=False,
            )
        match facts.get(_NEED):
            case ReplyFact(post_id=str(post_id)):
                return Answer(words=None, reason="deleted", effects=(DeleteReply(post_id),), is_counted=False)
            case _:
                words = "I found no reply of mine to you above this post. Write delete as an answer to it."
                return Answer(words=words, reason="nothing_to_delete", widest=Visibility.DIRECT)
