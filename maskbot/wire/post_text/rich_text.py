"""Plain text with whole links, and the builder that both platforms' readers write into.

Source: social-platforms.md 6 (output of the pure step). A link in the text always stands between white space, so that nothing a
person wrote beside it can become part of it.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from maskbot.wire.post_text.shape import LARGEST_LINK_CHARACTERS, MOST_ITEMS, clean

_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}+|[xX][0-9a-fA-F]{8,}+);?")
_NO_LINK_CHARACTER = re.compile(r"[\s\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class RichText:
    """Plain text, whole links in order, and the offsets in `text` at which our own mention stood (it is not in the text)."""

    text: str
    links: tuple[str, ...]
    own_mentions: tuple[int, ...]


@dataclass(slots=True)
class TextBuilder:
    """Collects decoded text from left to right."""

    _parts: list[str] = field(default_factory=list)
    _links: list[str] = field(default_factory=list)
    _own_mentions: list[int] = field(default_factory=list)
    _length: int = 0
    _ends_in_space: bool = True
    _ends_in_link: bool = False

    def text(self, decoded: str) -> None:
        """Add text as people read it."""
        if not decoded:
            return
        if self._ends_in_link and not decoded[0].isspace():
            self._emit(" ")
        self._emit(decoded)

    def link(self, url: str) -> None:
        """Add one whole link; those beyond `MOST_ITEMS` are left out."""
        if len(self._links) >= MOST_ITEMS:
            return
        if not self._ends_in_space:
            self._emit(" ")
        self._links.append(url)
        self._emit(url)
        self._ends_in_link = True

    def own_mention(self) -> None:
        """Note that our own account is named here."""
        self._own_mentions.append(self._length)

    def result(self) -> RichText:
        """The text without white space around it."""
        whole = "".join(self._parts)
        shift = len(whole) - len(whole.lstrip())
        text = whole.strip()
        return RichText(
            text, tuple(self._links), tuple(min(max(at - shift, 0), len(text)) for at in self._own_mentions)
        )

    def _emit(self, piece: str) -> None:
        self._parts.append(piece)
        self._length += len(piece)
        self._ends_in_space = piece[-1].isspace()
        self._ends_in_link = False


def decode_entities(text: str) -> str:
    """Decode HTML entities once; numbers beyond any character become U+FFFD."""
    return clean(html.unescape(_LONG_NUMBER.sub("\ufffd", text)))


def is_web_link(link: str) -> bool:
    """Whether the text is one absolute http or https URL of acceptable length, without spaces or control characters."""
    return (
        link[:8].lower().startswith(("https://", "http://"))
        and len(link) <= LARGEST_LINK_CHARACTERS
        and _NO_LINK_CHARACTER.search(link) is None
    )
