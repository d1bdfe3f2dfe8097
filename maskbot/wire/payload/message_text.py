"""Typed messages as text, for v38 (written and read), v39 and v40 (read) (mask-payload.md, 3.2).

Metadata stands before the content as JSON, with a puzzle piece between. The form is ambiguous by design of the protocol: a
content that itself begins with JSON and a puzzle piece loses that head when read, and `{}🧩a🧩b` reads as `b`. Reading
reproduces this, because the extension's users see the same; `survives_text_form` tells a writer beforehand.
"""

from __future__ import annotations

from maskbot.wire.payload import js_json
from maskbot.wire.payload.errors import ENCODE_FAILED, TOO_COMPLEX_FOR_V38, MessageMalformed, SealRefused
from maskbot.wire.payload.message import Message, TextMessage
from maskbot.wire.payload.utf8 import decode_whatwg
from maskbot.wire.payload.values import well_formed

SEPARATOR = "\U0001f9e9"
MAX_PLAINTEXT_BYTES = 256 * 1024
_LINE_ENDS = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n"})


def encode_text(message: Message) -> bytes:
    """The plaintext of a v38 payload: UTF-8 of the content, behind its metadata if there is any.

    Raises:
        SealRefused: anything but a text at the root, or metadata without a JSON form.
    """
    if not isinstance(message, TextMessage) or not isinstance(message.content, str):
        raise SealRefused("v38 carries nothing but one text; use v37", kind=TOO_COMPLEX_FOR_V38)
    content = well_formed(message.content)
    if not message.meta:
        return content.encode("utf-8")
    try:
        head = js_json.write(dict(message.meta))
    except ValueError as error:
        raise SealRefused("the metadata has no JSON form", kind=ENCODE_FAILED) from error
    return (head + SEPARATOR + content).encode("utf-8")


def decode_text(plaintext: bytes, *, version: int) -> TextMessage:
    """The message in the plaintext of a v38, v39 or v40 payload; before v38 the whole text is the content.

    Raises:
        MessageMalformed: more than 256 KiB, or a JSON head that is `null` or nested more than 32 levels.
    """
    if len(plaintext) > MAX_PLAINTEXT_BYTES:
        raise MessageMalformed("the plaintext is longer than 256 KiB")
    text = decode_whatwg(plaintext)
    if version != -38 or SEPARATOR not in text:
        return TextMessage(content=text)
    try:
        head = js_json.read(text.partition(SEPARATOR)[0])
    except js_json.NotJson:
        return TextMessage(content=text)
    except js_json.TooLarge as error:
        raise MessageMalformed("the metadata is nested more than 32 levels") from error
    if head is None:
        raise MessageMalformed("the metadata is null")
    return TextMessage(content=_without_head(text), meta=head if isinstance(head, dict) else {})


def survives_text_form(message: TextMessage) -> bool:
    """True if a reader of v38 gets the same content and the same kind of metadata back."""
    try:
        read = decode_text(encode_text(message), version=-38)
    except (MessageMalformed, SealRefused):
        return False
    return read.content == message.content and (read.meta is None) == (not message.meta)


def _without_head(text: str) -> str:
    """The text after deleting, once, the leftmost longest run `.+🧩`: on the first line that has a character before one.

    Deliberately no regular expression: that one is quadratic on a long line without a puzzle piece.
    """
    start = 0
    for line in text.translate(_LINE_ENDS).split("\n"):
        last = line.rfind(SEPARATOR)
        if last > 0:
            return text[:start] + text[start + last + 1 :]
        start += len(line) + 1
    return text
