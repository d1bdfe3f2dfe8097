"""The payload vectors, and their JSON forms of messages and values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from maskbot.wire.payload import (
    AnchorMessage,
    Author,
    Curve,
    CurveKey,
    ImageMessage,
    Message,
    Reader,
    SealedKey,
    SealSecrets,
    TextMessage,
    TupleMessage,
    UnknownMessage,
    author_from_text,
)

Json = dict[str, Any]

ALL: dict[str, list[Json]] = json.loads((Path(__file__).parents[3] / "vectors" / "payload.json").read_text("utf-8"))
CASES = ALL["cases"]
BY_ID = {case["id"]: case for case in CASES}
CURVES = {"secp256k1": Curve.K256, "P-256": Curve.P256}
NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf"), "-0": -0.0}


def raw_payload(case: Json) -> str | bytes:
    """The payload of a case as a carrier gives it."""
    return bytes.fromhex(case["payload_hex"]) if "payload_hex" in case else str(case["payload_text"])


def value_of(json_value: object) -> object:
    """A value without its wrappers."""
    if isinstance(json_value, list):
        return [value_of(item) for item in json_value]
    if not isinstance(json_value, dict):
        return json_value
    if "$bytes" in json_value:
        return bytes.fromhex(json_value["$bytes"])
    if "$number" in json_value:
        return NUMBERS[json_value["$number"]]
    return {name: value_of(member) for name, member in json_value.items()}


def message_of(described: Json) -> Message:
    """The message an object of the vectors describes."""
    meta = None if described["meta"] is None else {name: value_of(item) for name, item in described["meta"].items()}
    match described["type"]:
        case "text":
            return TextMessage(described["content"], meta)
        case "tuple":
            return TupleMessage(tuple(message_of(item) for item in described["items"]), meta)
        case "x-anchor":
            return AnchorMessage(described["category"], described["href"], described["content"], meta)
        case "image":
            return ImageMessage(described["image"], meta)
    return UnknownMessage(value_of(described["raw"]), meta)


def key_of(key: Json) -> CurveKey:
    """The public half of a key object of a case."""
    return CurveKey(CURVES[key["curve"]], bytes.fromhex(key["pub_hex"]))


def author_of(case: Json) -> Author:
    """Who seals in an encrypt or append case."""
    key, local_key = case["author_key"], case.get("local_key")
    return Author(
        profile=None if case["author"] is None else author_from_text(case["author"]),
        key=None if key is None else key_of(key),
        shows_key=case.get("include_author_public_key", True),
        private_key=None if key is None else bytes.fromhex(key["priv_hex"]),
        local_key=None if local_key is None else bytes.fromhex(local_key),
    )


def secrets_of(random: Json, **more: str) -> SealSecrets:
    """The fixed randomness of a case."""
    return SealSecrets(
        post_iv=bytes.fromhex(more.get("post_iv") or random["post_iv"]),
        post_key=bytes.fromhex(more.get("post_key") or random["post_key"]),
        salts=tuple(bytes.fromhex(salt) for salt in random["recipient_ivs"]),
        ephemeral={Curve(int(number)): bytes.fromhex(key) for number, key in random["ephemeral"].items()},
    )


def reader_of(io: Json) -> tuple[Reader, tuple[SealedKey, ...]]:
    """The reader and the records of an attempt."""
    author = io.get("author_public_key")
    reader = Reader(
        private_keys=tuple(
            bytes.fromhex(key["priv_hex"]) for key in io.get("private_keys", ()) if key["curve"] == "secp256k1"
        ),
        local_key=bytes.fromhex(io["local_key"]) if io.get("local_key") else None,
        owns_author=io.get("has_local_key"),
        author_key=bytes.fromhex(author["pub_hex"]) if author else None,
        post_key=bytes.fromhex(io["post_key_cache"]) if io.get("post_key_cache") else None,
    )
    return reader, tuple(record_of_entry(entry) for entry in io.get("post_keys", ()))


def record_of_entry(entry: Json) -> SealedKey:
    """A sealed key of the vectors, from a key-server stream or from the expected entries of an encryption."""
    salt = entry.get("iv") or entry.get("iv_to_be_published")
    ephemeral = entry.get("ephemeral_public_key")
    return SealedKey(
        sealed=bytes.fromhex(entry["encrypted_post_key"]),
        salt=bytes.fromhex(salt) if salt else None,
        ephemeral_key=key_of(ephemeral) if ephemeral else None,
    )
