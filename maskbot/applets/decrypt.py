"""Decrypt: open the Mask post that comes with a mention.

The plaintext of an end-to-end post goes to its owner's inbox or a direct answer, never anywhere wider; the same words answer
every reason why a post could not be opened (reliability.md E10). Source: social-platforms.md 6.4 and 7.
"""

from __future__ import annotations

from maskbot.domain.identity import Platform
from maskbot.domain.post import Visibility
from maskbot.domain.request import Answer, Facts, Need, OpenedFact, OpenedNeed, Request

NO_PAYLOAD = "I see no Mask post here. Put the mask.io link or the whole text of it into your post."
NOT_OPENED = "I could not open that post for you."
_NEED = OpenedNeed()
_IN_INBOX = "Opened: it is in your inbox."


class Decrypt:
    """Answers `decrypt`, and a bare payload."""

    name = "decrypt"
    verbs: tuple[str, ...] = ("decrypt", "read")

    def accepts(self, request: Request) -> bool:
        """A payload whose words are no command."""
        return request.has_payload

    def needs(self, request: Request) -> tuple[Need, ...]:
        """What the payload opens to."""
        return (_NEED,) if request.has_payload else ()

    def decide(self, request: Request, facts: Facts) -> Answer:
        """Plaintext only where the question was private already, or the post is public by its author's choice."""
        if not request.has_payload:
            return Answer(words=NO_PAYLOAD, reason="no_payload")
        match facts.get(_NEED):
            case OpenedFact(is_opened=True, is_public=True, text=str(text)):
                return Answer(words=text, reason="opened_public")
            case OpenedFact(is_opened=True, text=text):
                if request.platform is Platform.MASTODON and text is not None:
                    return Answer(words=text, reason="opened", widest=Visibility.DIRECT)
                return Answer(words=_IN_INBOX, reason="opened")
            case _:
                return Answer(words=NOT_OPENED, reason="not_opened")
