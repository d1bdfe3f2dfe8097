"""Identity: `join` gives the asker a hosted persona, `key` shows its public key, `leave` erases it after a confirmation.

What hosting means is said before and with every key. No private key is ever posted. Source: the issue "One command starts
maskbot", section The service; gun-personas-backup.md C.2 (persona identifier).
"""

from __future__ import annotations

from base64 import b64encode

from maskbot.domain.identity import Platform, PublicKey
from maskbot.domain.post import Visibility
from maskbot.domain.request import Answer, ErasePersona, Facts, HostPersona, Need, PersonaFact, PersonaNeed, Request

_NEED = PersonaNeed()
_JOINED = (
    "I now keep a Mask key for you on this server; its operator could read what is encrypted to it. "
    "Your public key: {key} · leave erases it."
)
_HOSTED = "Your Mask public key here: {key}"
_NO_PERSONA = (
    "I keep no key for you. Write join to get one (kept on this server; its operator could read what it opens)."
)
_CONFIRM = (
    "leave erases your key and inbox here for good: posts encrypted to it stay closed. To do it, {how}: leave confirm"
)


class Identity:
    """Answers `join`, `key` and `leave`."""

    name = "identity"
    verbs: tuple[str, ...] = ("join", "key", "leave")

    def accepts(self, request: Request) -> bool:
        """Only by verb."""
        return False

    def needs(self, request: Request) -> tuple[Need, ...]:
        """The asker's persona, if there is one."""
        return (_NEED,)

    def decide(self, request: Request, facts: Facts) -> Answer:
        """Never shows more than a public key."""
        fact = facts.get(_NEED)
        hosted = fact if isinstance(fact, PersonaFact) else PersonaFact(persona=None)
        if request.verb == "join":
            return self._join(hosted)
        if hosted.persona is None:
            return Answer(words=_NO_PERSONA, reason="no_persona")
        if request.verb == "key":
            return Answer(words=_HOSTED.format(key=key_text(hosted.persona.public_key)), reason="showed_key")
        return self._leave(request)

    @staticmethod
    def _join(hosted: PersonaFact) -> Answer:
        if hosted.persona is not None:
            return Answer(words=_HOSTED.format(key=key_text(hosted.persona.public_key)), reason="joined_before")
        if hosted.refusal is not None:
            return Answer(words=hosted.refusal, reason="join_refused")
        return Answer(words=_JOINED, reason="joined", effects=(HostPersona(),), is_counted=False)

    @staticmethod
    def _leave(request: Request) -> Answer:
        """On Mastodon the confirmation is a direct post; X has no direct posts by mention, so a second post is asked for."""
        is_direct = request.platform is Platform.X or request.post.visibility is Visibility.DIRECT
        if request.args == ("confirm",) and is_direct:
            words = "Done: your key and inbox here are erased."
            return Answer(
                words=words, reason="left", widest=Visibility.DIRECT, effects=(ErasePersona(),), is_counted=False
            )
        how = "post" if request.platform is Platform.X else "send me a direct post"
        return Answer(words=_CONFIRM.format(how=how), reason="leave_unconfirmed", widest=Visibility.DIRECT)


def key_text(public_key: PublicKey) -> str:
    """The persona identifier: `ec_key:secp256k1/` and the 33-byte key in base64 with `/` written as `|`."""
    return f"ec_key:secp256k1/{b64encode(public_key).decode().replace('/', '|')}"
