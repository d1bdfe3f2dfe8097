"""From the text of a mention to the words of a request: `price $BTC usd.` is the verb `price` with `btc` and `usd`.

Source: social-platforms.md 6.1 (what to strip before reading a command) and 10.4 (`command`, `args`); reliability.md E1 (at most
2 KiB are read, NFKC, linear time). The price grammar on the same text is `maskbot.wire.cashtags`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from maskbot.wire.post_text.rich_text import RichText

LONGEST_REQUEST_CHARACTERS = 2048
_MOST_WORDS = 64
_INVISIBLE = dict.fromkeys(
    (
        0xAD,
        0x061C,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
    )
)
_BEFORE_WORD = "([{<\"'“”‘’«»*_~`!/¡¿"
_BEHIND_WORD = ".,;:!?…)]}>\"'“”‘’«»*_~`。，、；：！？"


@dataclass(frozen=True, slots=True)
class RequestWords:
    """The first word as `verb`, or None when no verb was written, and the words behind it; all lower case."""

    verb: str | None
    args: tuple[str, ...]


def read_request(text: str) -> RequestWords:
    """Read the words of a request; links, handles, emoji and payload text are not among them.

    A first word that is a cashtag, hashtag, number or address is an argument without a verb.
    """
    words = [word for word in _words(text) if _is_word(word)][:_MOST_WORDS]
    args = [word.lstrip("$#") for word in words]
    if words and words[0][0].isalpha():
        return RequestWords(args[0], tuple(filter(None, args[1:])))
    return RequestWords(None, tuple(filter(None, args)))


def around_mention(body: RichText) -> str:
    """The part of the text that addresses us: behind the first mention of us that has words behind it, else before them all."""
    for at in body.own_mentions:
        behind = body.text[at:]
        if any(_is_word(word) for word in _words(behind)):
            return behind
    return body.text[: body.own_mentions[0]] if body.own_mentions else body.text


def _words(text: str) -> Iterable[str]:
    plain = unicodedata.normalize("NFKC", text[:LONGEST_REQUEST_CHARACTERS]).translate(_INVISIBLE)
    for word in plain[:LONGEST_REQUEST_CHARACTERS].split():
        yield word.lstrip(_BEFORE_WORD).rstrip(_BEHIND_WORD).lower()


def _is_word(word: str) -> bool:
    if not word or word[0] == "@" or "🎼" in word or ":||" in word or "://" in word:
        return False
    return any(character.isalnum() for character in word)
