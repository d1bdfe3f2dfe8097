"""The posts that carry a sealed broadcast: a link, raw text, or a picture.

Source: mask-payload.md 11.1 (carriers), 13 (pictures); social-platforms.md 6.4 (which carrier).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskbot.domain.account import Account
from maskbot.domain.errors import Refused
from maskbot.domain.identity import Platform
from maskbot.domain.post import Draft, Picture, PostLimits, Visibility
from maskbot.ports.inside import Entropy
from maskbot.wire import picture
from maskbot.wire.payload import Sentence, encode_carrier, encode_link, sentence_around
from maskbot.wire.post_text import fits

ALT_TEXT = "A sealed letter above a calm sea at dusk. The picture carries a message that the Mask extension opens."
_WORDS = "This picture carries message {name}. Open it with the Mask extension: https://mask.io"


def drafts_of(
    payload: bytes,
    *,
    post_iv: bytes,
    accounts: Sequence[Account],
    limits: Mapping[str, PostLimits],
    visibility: Visibility,
    sentence: Sentence,
    is_picture: bool,
    entropy: Entropy,
) -> dict[str, Draft]:
    """The draft of each account, by account id. A picture is drawn once and is the same on all platforms; its post names the
    message by its IV, because X refuses to see the same words twice, and lost answers are looked for by their text.

    Raises: Refused if a post would not fit its platform, or the payload its picture.
    """
    if is_picture:
        png = picture.write_picture(payload, preset=picture.PRESET_2023, cover=None, random_bytes=entropy.take)
        draft = Draft(_WORDS.format(name=post_iv[:4].hex()), visibility, pictures=(Picture(png, ALT_TEXT),))
        return {account.id: draft for account in accounts}
    return {
        account.id: Draft(_post_text(payload, account, limits[account.id], sentence=sentence), visibility)
        for account in accounts
    }


def _post_text(payload: bytes, account: Account, limits: PostLimits, *, sentence: Sentence) -> str:
    """Raw text on Mastodon where it fits, else the link; on X always the link, because the extension reads no raw text there."""
    if account.profile.platform is Platform.MASTODON:
        text = sentence_around(encode_carrier(payload, network=account.profile.domain), sentence=sentence)
        if fits(text, limits=limits):
            return text
    text = sentence_around(encode_link(payload), sentence=sentence)
    if not fits(text, limits=limits):
        raise Refused(f"the post does not fit on {account.profile.handle}'s platform")
    return text
