"""Mask payloads: sealed posts of versions 37 to 40 as bytes and text, both ways (mask-payload.md).

The way in: `find_payloads` in a post's text and links -> `parse_payload` -> `unseal` with a `Reader` and the key records of the
graph (`read_record`). The way out: `seal` a message for an audience -> `encode_link` -> `record_of` each sealed key. All
pure: randomness is a `SealSecrets`, drawn by `draw_secrets`. Everything from outside may be hostile; what is wrong raises a
leaf of `Malformed` or `Refused` from `errors.py`, with the kind of the specification.

>>> import os
>>> secrets = draw_secrets(os.urandom, recipients=0)
>>> sealed = seal(TextMessage("gm"), version=-38, author=Author("person:twitter.com/bob"), audience=None, secrets=secrets)
>>> post = f"Open {encode_link(sealed.payload)} to read."
>>> (payload,) = find_payloads(post)
>>> unseal(parse_payload(payload)).message
TextMessage(content='gm', meta=None)
"""

from __future__ import annotations

from maskbot.wire.payload.carriers import decode_carriers, encode_carrier, encode_link, find_payloads
from maskbot.wire.payload.comments import seal_comment, unseal_comment
from maskbot.wire.payload.errors import (
    MessageMalformed,
    PayloadMalformed,
    RecordMalformed,
    SealRefused,
    UnsealFailed,
)
from maskbot.wire.payload.identifiers import author_from_text, author_of, parts_of, post_identifier
from maskbot.wire.payload.key_records import read_record, record_of
from maskbot.wire.payload.message import (
    AnchorMessage,
    ImageMessage,
    Message,
    Meta,
    TextMessage,
    TupleMessage,
    UnknownMessage,
    plain_text,
)
from maskbot.wire.payload.message_binary import decode_binary, encode_binary
from maskbot.wire.payload.message_text import decode_text, encode_text, survives_text_form
from maskbot.wire.payload.model import (
    Curve,
    CurveKey,
    EndToEndEncryption,
    FieldError,
    Payload,
    PublicEncryption,
    Signature,
)
from maskbot.wire.payload.parse import parse_payload
from maskbot.wire.payload.parties import Author, SealSecrets, audience_of, draw_secrets
from maskbot.wire.payload.seal import Sealed, add_recipients, seal
from maskbot.wire.payload.sealed_key import SealedKey
from maskbot.wire.payload.sentences import Sentence, sentence_around
from maskbot.wire.payload.unseal import NOBODY, Reader, Unsealed, unseal

__all__ = [
    "NOBODY",
    "AnchorMessage",
    "Author",
    "Curve",
    "CurveKey",
    "EndToEndEncryption",
    "FieldError",
    "ImageMessage",
    "Message",
    "MessageMalformed",
    "Meta",
    "Payload",
    "PayloadMalformed",
    "PublicEncryption",
    "Reader",
    "RecordMalformed",
    "SealRefused",
    "SealSecrets",
    "Sealed",
    "SealedKey",
    "Sentence",
    "Signature",
    "TextMessage",
    "TupleMessage",
    "UnknownMessage",
    "UnsealFailed",
    "Unsealed",
    "add_recipients",
    "audience_of",
    "author_from_text",
    "author_of",
    "decode_binary",
    "decode_carriers",
    "decode_text",
    "draw_secrets",
    "encode_binary",
    "encode_carrier",
    "encode_link",
    "encode_text",
    "find_payloads",
    "parse_payload",
    "parts_of",
    "plain_text",
    "post_identifier",
    "read_record",
    "record_of",
    "seal",
    "seal_comment",
    "sentence_around",
    "survives_text_form",
    "unseal",
    "unseal_comment",
]
