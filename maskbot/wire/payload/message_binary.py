"""Typed messages as MessagePack documents, for v37 (mask-payload.md, 3.1).

A text at the root is document 0, `[0, content, meta]`; anything else is document 1, `[1, type, version, meta, body]`, with type
1 = text and 0 = tuple, whose children are `[type, version, meta, body]`.
"""

from __future__ import annotations

from maskbot.wire.payload import msgpack_writer
from maskbot.wire.payload.errors import ENCODE_FAILED, MessageMalformed, SealRefused
from maskbot.wire.payload.message import AnchorMessage, Message, Meta, TextMessage, TupleMessage, UnknownMessage
from maskbot.wire.payload.msgpack_reader import Undecodable, unpack
from maskbot.wire.payload.msgpack_writer import TooDeep, Unwritable, pack
from maskbot.wire.payload.utf8 import decode_whatwg
from maskbot.wire.payload.values import MAX_DEPTH, UNDEFINED, in_key_order, is_number

_TUPLE, _TEXT = 0, 1
_VERSION = 1


def encode_binary(message: Message) -> bytes:
    """The plaintext of a v37 payload. An empty or wholly dropped `meta` is written as nil (no vector fixes it).

    Metadata members of a foreign type are dropped, as the reference does.

    Raises:
        SealRefused: a picture or an unknown message anywhere, a text whose content is no text, or nesting beyond 100.
    """
    root = message.substitute if isinstance(message, AnchorMessage) else message
    if isinstance(root, TextMessage):
        return b"\x93\x00" + _content(root) + _meta(root.meta, 2)
    return b"\x95\x01" + _node(root, 1)[1:]


def decode_binary(plaintext: bytes) -> Message:
    """The message in the plaintext of a v37 payload.

    Raises:
        MessageMalformed: no document 0 or 1, or an explicit node with wrong types.
    """
    quick = _plain_document(plaintext)
    if quick is not None:
        return TextMessage(content=quick)
    try:
        document = unpack(plaintext)
    except Undecodable as error:
        raise MessageMalformed("the plaintext is not one MessagePack value") from error
    if not isinstance(document, list) or not document or not is_number(document[0]):
        raise MessageMalformed("the plaintext is no document")
    if document[0] == 0 and len(document) >= 3:
        return TextMessage(content=document[1], meta=_read_meta(document[2]))
    if document[0] == 1:
        return _read(document[1:])
    raise MessageMalformed("an unknown document number, or no slot for metadata")


def _plain_document(plaintext: bytes) -> str | None:
    """The content of a document 0 without metadata, the usual case; None sends everything else the long way."""
    if plaintext[:2] != b"\x93\x00" or plaintext[-1] != 0xC0 or len(plaintext) < 4:
        return None
    head = plaintext[2]
    if 0xA0 <= head < 0xC0:
        start, length = 3, head & 31
    elif head in (0xD9, 0xDA):
        start = 4 if head == 0xD9 else 5
        length = int.from_bytes(plaintext[3:start], "big")
    else:
        return None
    if start + length != len(plaintext) - 1:
        return None
    raw = plaintext[start:-1]
    if length > 200:
        return decode_whatwg(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _content(message: TextMessage) -> bytes:
    if not isinstance(message.content, str):
        raise SealRefused("the content of a text message is text", kind=ENCODE_FAILED)
    return msgpack_writer.text(message.content)


def _meta(meta: Meta | None, depth: int) -> bytes:
    """Metadata on level `depth` of the document, its values one below."""
    parts: list[bytes] = []
    count = 0
    for key, value in in_key_order(meta or {}):
        if value is UNDEFINED:
            continue
        try:
            packed = pack(value, depth=depth + 1)
        except Unwritable:
            continue
        except TooDeep as error:
            raise SealRefused("metadata nested more than 100 levels", kind=ENCODE_FAILED) from error
        parts += (msgpack_writer.text(key), packed)
        count += 1
    if not count:
        return b"\xc0"
    return msgpack_writer.header(count, 0x80, 15, b"\xde", b"\xdf") + b"".join(parts)


def _node(message: Message, depth: int) -> bytes:
    """A node whose array is on level `depth`: its items are one below, the nodes in its body two."""
    if depth >= MAX_DEPTH:
        raise SealRefused("messages nested more than 100 levels", kind=ENCODE_FAILED)
    match message:
        case AnchorMessage():
            return _node(message.substitute, depth)
        case TextMessage():
            return b"\x94" + bytes([_TEXT, _VERSION]) + _meta(message.meta, depth + 1) + _content(message)
        case TupleMessage():
            head = msgpack_writer.header(len(message.items), 0x90, 15, b"\xdc", b"\xdd")
            body = b"".join(_node(item, depth + 2) for item in message.items)
            return b"\x94" + bytes([_TUPLE, _VERSION]) + _meta(message.meta, depth + 1) + head + body
        case _:
            raise SealRefused(f"a {type(message).__name__} cannot be written", kind=ENCODE_FAILED)


def _read(node: object) -> Message:
    """Depth is bounded by the MessagePack reader (100 levels), so this recursion is."""
    if isinstance(node, str) and node:
        return UnknownMessage(raw=node)
    if not isinstance(node, list) or not node or not (isinstance(node[0], str) or is_number(node[0])):
        raise MessageMalformed("a node has no type")
    kind = node[0]
    if isinstance(kind, str) or kind not in (_TUPLE, _TEXT):
        return UnknownMessage(raw=node)
    if len(node) < 4 or not is_number(node[1]):
        raise MessageMalformed("a node lacks its version, metadata slot or body")
    meta, body = _read_meta(node[2]), node[3]
    if kind == _TEXT and isinstance(body, str):
        return TextMessage(content=body, meta=meta)
    if kind == _TUPLE and isinstance(body, list):
        return TupleMessage(items=tuple(_read(item) for item in body), meta=meta)
    raise MessageMalformed("the body of a node has the wrong type")


def _read_meta(meta: object) -> Meta | None:
    if meta is None or isinstance(meta, dict):
        return meta
    raise MessageMalformed("metadata is neither nil nor a map")
