"""Typed messages: what a payload's plaintext says (mask-payload.md, section 3).

`meta` maps `<applet id>:<schema version>` to a value of `values.py`, in order; None means no metadata, which the binary form
tells apart from an empty map. Only text and tuples of what can be written go on the wire; an anchor is written as its text
substitute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Meta = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TextMessage:
    """Text. `content` may be any value when a foreign v37 document says so: it is not type-checked there."""

    content: object
    meta: Meta | None = None

    @property
    def text(self) -> str:
        """The content if it is text, else nothing."""
        return self.content if isinstance(self.content, str) else ""


@dataclass(frozen=True, slots=True)
class TupleMessage:
    """Several messages in order."""

    items: tuple[Message, ...]
    meta: Meta | None = None


@dataclass(frozen=True, slots=True)
class AnchorMessage:
    """A link with its words; written as the text `[content](href)`."""

    category: str
    href: str
    content: str
    meta: Meta | None = None

    @property
    def substitute(self) -> TextMessage:
        """The text that is written in its place, with its metadata."""
        return TextMessage(content=f"[{self.content}]({self.href})", meta=self.meta)


@dataclass(frozen=True, slots=True)
class ImageMessage:
    """A picture by address; it cannot be written."""

    image: object
    meta: Meta | None = None


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message of a type we do not know, kept raw; it cannot be written."""

    raw: object
    meta: Meta | None = None


Message = TextMessage | TupleMessage | AnchorMessage | ImageMessage | UnknownMessage


def plain_text(message: Message) -> str:
    """All the text of a message, parts joined by line breaks; what is no text is left out."""
    parts: list[str] = []
    waiting: list[Message] = [message]
    while waiting:
        match waiting.pop():
            case TextMessage() as text:
                parts.append(text.text)
            case AnchorMessage() as anchor:
                parts.append(anchor.substitute.text)
            case TupleMessage(items=items):
                waiting.extend(reversed(items))
            case ImageMessage() | UnknownMessage():
                continue
    return "\n".join(parts)
