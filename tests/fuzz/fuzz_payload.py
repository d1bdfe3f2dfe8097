"""Fuzzes every decoder of the payload room: payloads, carriers, both message forms, MessagePack, key records, base64.

The first byte picks the decoder, the rest is its input. FUZZ_SECONDS=60 python -m tests.fuzz.fuzz_payload
"""

from __future__ import annotations

import json
from pathlib import Path

try:
    import atheris
except ImportError:
    pass
else:
    with atheris.instrument_imports(include=["maskbot.wire.payload", "maskbot.wire.crypto"]):
        import maskbot.wire.payload  # noqa: F401  # so that its branches guide the fuzzer

from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import decode_base64_forgiving
from maskbot.wire.payload import (
    Payload,
    Reader,
    decode_binary,
    decode_carriers,
    decode_text,
    encode_binary,
    encode_carrier,
    find_payloads,
    parse_payload,
    read_record,
    unseal,
    unseal_comment,
)
from maskbot.wire.payload.errors import SealRefused
from maskbot.wire.payload.msgpack_reader import Undecodable, unpack
from maskbot.wire.payload.msgpack_writer import TooDeep, Unwritable, pack
from maskbot.wire.payload.post_key_text import read_post_key_text
from tests.fuzz.drive import drive

VECTORS = Path(__file__).parents[1] / "vectors"
READER = Reader(private_keys=(bytes(31) + b"\x01",), local_key=bytes(32))
MAX_BYTES = 8192


def target(data: bytes) -> None:
    """Anything but a result or a refusal of ours is a finding."""
    kind, rest = data[:1], data[1:]
    try:
        match kind:
            case b"b":
                _read(parse_payload(rest))
            case b"t":
                _read(parse_payload(_text(rest)))
            case b"c":
                _carry(_text(rest))
            case b"m":
                _message(rest)
            case b"j":
                decode_text(rest, version=-38)
            case b"p":
                _value(rest)
            case b"k":
                read_post_key_text(rest, is_public=len(rest) % 2 == 0)
            case b"r":
                _record(rest)
            case _:
                decode_base64_forgiving(_text(rest))
    except Malformed:
        return


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass" if raw.isascii() else "surrogateescape")


def _read(payload: Payload) -> None:
    """Every field, then the message."""
    assert payload.version in (-37, -38, -39, -40)
    repr((payload.author, payload.author_key, payload.signature, payload.post_iv))
    unseal(payload, reader=READER, records=())


def _carry(text: str) -> None:
    for network in ("twitter.com", "facebook.com"):
        for payload in decode_carriers(text, network=network):
            if isinstance(payload, bytes) and payload:
                assert decode_carriers(encode_carrier(payload, network=network), network=network) == (payload,)
    find_payloads(text, urls=[text])
    if "\U0001f3b6" in text[:8]:
        unseal_comment(text, post_iv=bytes(16), post_text="")


def _message(plaintext: bytes) -> None:
    message = decode_binary(plaintext)
    try:
        written = encode_binary(message)
    except SealRefused:
        return
    assert encode_binary(decode_binary(written)) == written


def _value(raw: bytes) -> None:
    try:
        value = unpack(raw)
        again = pack(value)
    except (Undecodable, Unwritable, TooDeep):
        return
    assert pack(unpack(again)) == again


def _record(raw: bytes) -> None:
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        return
    if isinstance(record, dict):
        for version in (-37, -38):
            try:
                read_record(record, version=version)
            except Malformed:
                continue


def seeds() -> list[bytes]:
    """The vectors, one per decoder."""
    vectors = json.loads((VECTORS / "payload.json").read_text("utf-8"))
    found = []
    for case in vectors["cases"]:
        plaintext = bytes.fromhex(case.get("plaintext_hex") or "")
        if "payload_hex" in case:
            found.append(b"b" + bytes.fromhex(case["payload_hex"]))
        elif "payload_text" in case:
            found.append(b"t" + case["payload_text"].encode())
        if plaintext:
            found += [b"m" + plaintext, b"p" + plaintext] if case["version"] == -37 else [b"j" + plaintext]
        found += [b"r" + json.dumps(entry["gun"]).encode() for entry in (case.get("e2e") or ())[:1]]
        if "post_key_jwk_json" in case:
            found.append(b"k" + case["post_key_jwk_json"].encode())
    found += [b"c" + case["text"].encode("utf-8", "surrogatepass") for case in vectors["network_texts"]]
    found += [b"c" + case["wrapped"].encode() for case in vectors["comments"]]
    return [seed for seed in found if len(seed) <= MAX_BYTES]


if __name__ == "__main__":
    drive(target, seeds=seeds(), max_bytes=MAX_BYTES)
