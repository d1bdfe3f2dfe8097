"""How long a text is for each platform, counted before it is sent, and how many cashtags it holds.

Source: social-platforms.md 6.3 and 4.1; twitter-text configuration v3 (weights), Unicode UAX 29 (graphemes) and UTS 51 (emoji)
through the `regex` package. Where the platforms' own tables (top-level domains, valid emoji sequences) are not at hand, the
count errs upwards, so a text that fits here fits there.
"""

from __future__ import annotations

import unicodedata

import regex  # type: ignore[import-untyped]  # ships no type information

from maskbot.domain.identity import Platform
from maskbot.domain.post import PostLimits

X_LIMITS = PostLimits(max_length=280, url_weight=23, counts=Platform.X)

_EMOJI = regex.compile(
    r"""\p{Regional_Indicator}{2}
      | [0-9\#*]\uFE0F?\u20E3
      | \p{Extended_Pictographic}[\U000E0020-\U000E007E]++\U000E007F
      | (?:[\u00A9\u00AE]\uFE0F|(?![\u00A9\u00AE])\p{Extended_Pictographic}\uFE0F?\p{Emoji_Modifier}?)
        (?:\u200D\p{Extended_Pictographic}\uFE0F?\p{Emoji_Modifier}?)*+""",
    regex.VERBOSE,
)
_LINK = regex.compile(
    r"""(?<![A-Za-z0-9@$#\uFF20\uFF03]) https?:// [A-Za-z0-9!*'();:@&=+$,/?%\#\[\]\-_.~|]*+""",
    regex.VERBOSE | regex.IGNORECASE,
)
_LINK_END = regex.compile(r"[A-Za-z0-9\-_&=\#/+]")
_BARE_DOMAIN = regex.compile(r"(?<![\w@$#/.\-])[\w\-]++(?:\.[\w\-]++)++(?:/\S*+)?")
_REMOTE_HANDLE = regex.compile(r"(?<![\w/])(@[A-Za-z0-9_.\-]++)@\w++(?:[.\-]++\w++)*+")
_CASHTAG = regex.compile(r"(?<!\S)\$[A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?(?=$|[\s\p{P}\p{S}])")
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))


def x_length(text: str, *, url_weight: int = 23) -> int:
    """The weighted length on X: Latin and the like 1, other characters 2, an emoji sequence 2, a link `url_weight`; after NFC."""
    total, position = 0, 0
    text = unicodedata.normalize("NFC", text)
    for start, end in _links(text):
        total += _x_weight(text[position:start]) + url_weight
        position = end
    return total + _x_weight(text[position:])


def mastodon_length(text: str, *, url_weight: int) -> int:
    """The length on Mastodon: graphemes; a link weighs `url_weight`, and of `@user@host` only `@user` counts."""
    text = _REMOTE_HANDLE.sub(r"\1", text)
    total, position = 0, 0
    for start, end in _links(text):
        total += _graphemes(text[position:start]) + url_weight
        position = end
    return total + _graphemes(text[position:])


def post_length(text: str, *, limits: PostLimits) -> int:
    """The length of the text in the unit of these limits."""
    if limits.counts is Platform.X:
        return x_length(text, url_weight=limits.url_weight)
    return mastodon_length(text, url_weight=limits.url_weight)


def fits(text: str, *, limits: PostLimits) -> bool:
    """Whether the platform will take the text by its length. Mentions that X adds to a reply by itself are free."""
    return post_length(text, limits=limits) <= limits.max_length


def cashtag_count(text: str) -> int:
    """How many cashtags X sees in the text; a self-serve app may post one at most."""
    return sum(1 for _ in _CASHTAG.finditer(text))


def _links(text: str) -> list[tuple[int, int]]:
    """The half-open ranges of links with a scheme, without punctuation behind them."""
    found = []
    for match in _LINK.finditer(text):
        end = match.end()
        while end > match.start() and not _LINK_END.match(text, end - 1):
            end -= 1
        found.append((match.start(), end))
    return found


def _x_weight(text: str) -> int:
    """The weight of text without links that name their scheme; X also links bare domains, which weigh 23 at least."""
    total, position = 0, 0
    for match in _BARE_DOMAIN.finditer(text):
        own_weight = _characters(match[0])
        last_label = match[0].partition("/")[0].rpartition(".")[2]
        is_link = len(last_label) >= 2 and last_label.isalpha()
        total += _characters(text[position : match.start()]) + (max(23, own_weight) if is_link else own_weight)
        position = match.end()
    return total + _characters(text[position:])


def _characters(text: str) -> int:
    total, position = 0, 0
    for match in _EMOJI.finditer(text):
        total += sum(map(_weight, text[position : match.start()])) + 2
        position = match.end()
    return total + sum(map(_weight, text[position:]))


def _weight(character: str) -> int:
    point = ord(character)
    return 1 if any(first <= point <= last for first, last in _LIGHT) else 2


def _graphemes(text: str) -> int:
    return sum(1 for _ in regex.finditer(r"\X", text))
