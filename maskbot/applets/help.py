"""Help: what the bot can do, in one short post. Also the answer to a bare mention and to an unknown word.

Source: social-platforms.md 7 (help at most 280 characters; an unknown verb gets one line, and silence in threads).
"""

from __future__ import annotations

from maskbot.domain.request import Answer, Facts, Need, Request

WORDS = (
    "I read and write Mask posts. Ask me: price ETH · decrypt (with a Mask post) · giveaway · packet (with a link) · "
    "join (I keep a key for you) · key · leave · delete (my last reply to you) · stop (no more replies) · start."
)
UNKNOWN_WORDS = "I do not know that word. Write help to see what I can do."


class Help:
    """Answers `help`, a bare mention, and words nobody knows."""

    name = "help"
    verbs: tuple[str, ...] = ("help", "?")

    def accepts(self, request: Request) -> bool:
        """The last applet asked takes everything."""
        return True

    def needs(self, request: Request) -> tuple[Need, ...]:
        """Nothing."""
        return ()

    def decide(self, request: Request, facts: Facts) -> Answer:
        """Help for `help` and a bare mention; one line for an unknown verb, silence if it was said in a thread."""
        if request.verb is None or request.verb in self.verbs:
            return Answer(words=WORDS, reason="helped")
        if request.is_thread:
            return Answer.silence("unknown_verb")
        return Answer(words=UNKNOWN_WORDS, reason="unknown_verb")
