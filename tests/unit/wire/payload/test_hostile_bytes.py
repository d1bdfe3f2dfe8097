"""Truncations, bit flips, type confusions and bombs: a named error or an answer, within bounds of time and memory."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.wire.crypto import aes_gcm_seal, encode_base64
from maskbot.wire.payload import (
    FieldError,
    MessageMalformed,
    PayloadMalformed,
    UnsealFailed,
    decode_carriers,
    find_payloads,
    parse_payload,
    unseal,
)
from maskbot.wire.payload.errors import (
    INVALID_CRYPTO_KEY,
    INVALID_IV_LENGTH,
    INVALID_PAYLOAD,
    UNKNOWN_ENUM_MEMBER,
    UNSUPPORTED_ALGORITHM,
)
from maskbot.wire.payload.message_text import decode_text
from maskbot.wire.payload.msgpack_writer import pack
from maskbot.wire.payload.v37 import PayloadV37
from maskbot.wire.payload.v38 import seal_public_key
from tests.fuzz.fuzz_payload import MAX_BYTES, seeds, target
from tests.unit.wire.payload.vectors import CASES, Json, raw_payload, reader_of

NAMED = (PayloadMalformed, UnsealFailed, MessageMalformed)
READABLE = [case for case in CASES if case.get("attempts")]
PER_CASE = 120
TOKENS = [
    b"\xdd\xff\xff\xff\xff",
    b"\xc0",
    b"\x80",
    b"|",
    b":||",
    b"\xa1",
    b"%",
    b"{}",
    b'"',
    "🧩".encode(),
    "🎼".encode(),
]
POST_IV, POST_KEY = bytes(range(16)), bytes(range(32))


def spread(length: int) -> range:
    """Every place in a short input, evenly spread ones in a long input."""
    return range(0, length, max(1, length // PER_CASE))


def damaged(payload: str | bytes) -> Iterator[str | bytes]:
    source = random.Random(repr(payload))
    for place in spread(len(payload)):
        yield payload[:place]
        if isinstance(payload, bytes):
            yield payload[:place] + bytes([payload[place] ^ 1 << source.randrange(8)]) + payload[place + 1 :]
            yield payload[:place] + payload[place + 1 :]
        else:
            yield payload[:place] + chr(ord(payload[place]) ^ 1 << source.randrange(7)) + payload[place + 1 :]
            yield payload[:place] + payload[place + 1 :]


@pytest.mark.parametrize("case", READABLE, ids=lambda case: str(case["id"]))
def test_damage_is_a_named_error_or_an_answer(case: Json) -> None:
    attempts = case["attempts"]
    for number, payload in enumerate(damaged(raw_payload(case))):
        reader, records = reader_of(attempts[number % len(attempts)]["io"])
        try:
            unseal(parse_payload(payload), reader=reader, records=records)
        except NAMED:
            continue


@pytest.mark.parametrize("kind", sorted({seed[:1] for seed in seeds()}))
def test_mutated_seeds_raise_nothing_unnamed(kind: bytes) -> None:
    source = random.Random(kind)
    own = [seed for seed in seeds() if seed[:1] == kind]
    for _ in range(2000):
        data = bytearray(source.choice(own)[1:2000])
        for _ in range(source.randint(1, 5)):
            place = source.randrange(len(data) + 1)
            match source.randrange(4):
                case 0:
                    data[place : place + 1] = source.randbytes(1)
                case 1:
                    del data[place : place + source.randint(1, 16)]
                case 2:
                    data[place:place] = source.choice(TOKENS)
                case _:
                    data[place:place] = source.choice(own)[1 + source.randrange(40) :][:40]
        target(kind + bytes(data[: MAX_BYTES - 1]))


def container(**changes: object) -> bytes:
    """A v37 container with some of its seven items replaced."""
    items: dict[str, object] = {
        "version": 0,
        "network": "twitter.com",
        "user_id": "alice",
        "algorithm": 2,
        "key": bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
        "encryption": [0, POST_KEY, POST_IV],
        "data": aes_gcm_seal(POST_KEY, POST_IV, b"\x93\x00\xa1x\xc0"),
    }
    return b"\x00" + pack(list({**items, **changes}.values()))


ODD = [None, True, False, 0, 1, 2, 3, 7, -1, 1.5, 2.0, "", "x", "a/b", b"", b"x", [], [1], {}, {"a": 1}, float("nan")]


@pytest.mark.parametrize("slot", ["network", "user_id", "algorithm", "key", "encryption", "data"])
def test_a_wrong_type_in_one_slot_leaves_the_other_fields_alone(slot: str) -> None:
    for value in ODD:
        payload = parse_payload(container(**{slot: value}))
        if slot not in ("network", "user_id"):
            assert payload.author == "person:twitter.com/alice"
        if slot not in ("algorithm", "key"):
            assert not isinstance(payload.author_key, FieldError)
        if slot in ("encryption", "data"):
            with pytest.raises(UnsealFailed):
                unseal(payload)
        else:
            assert unseal(payload).message


@pytest.mark.parametrize(
    ("network", "user_id", "author"),
    [
        (0, "a", "person:facebook.com/a"),
        (1.0, "a", "person:twitter.com/a"),
        (3, "a", "person:minds.com/a"),
        (4, "a", FieldError(UNKNOWN_ENUM_MEMBER)),
        (-1, "a", FieldError(UNKNOWN_ENUM_MEMBER)),
        (True, "a", FieldError(INVALID_PAYLOAD)),
        ("a/b", "a", FieldError(INVALID_PAYLOAD)),
        (None, 5, None),
        (7, "", None),
        (7, 5, FieldError(INVALID_PAYLOAD)),
        ("x.com", "A", "person:twitter.com/A"),
        ("a\nb", "a", None),
        ("a", "b/c", None),
        ("", "a", None),
        ("localhost", "$unknown", None),
        ("B" * 300, "a", "person:" + "b" * 300 + "/a"),
    ],
)
def test_the_author_is_checked_in_the_order_of_the_reference(network: object, user_id: object, author: object) -> None:
    assert parse_payload(container(network=network, user_id=user_id)).author == author


@pytest.mark.parametrize(
    ("algorithm", "key", "kind"),
    [
        (2, "text", INVALID_CRYPTO_KEY),
        (0, "text", INVALID_CRYPTO_KEY),
        (0, b"x", UNSUPPORTED_ALGORITHM),
        (None, b"x", UNSUPPORTED_ALGORITHM),
        (True, b"x", UNSUPPORTED_ALGORITHM),
        (3, b"x", UNSUPPORTED_ALGORITHM),
        (2, b"", INVALID_CRYPTO_KEY),
        (1, b"\x04" + bytes(64), INVALID_CRYPTO_KEY),
    ],
)
def test_the_author_key_is_checked_in_the_order_of_the_reference(algorithm: object, key: object, kind: str) -> None:
    assert parse_payload(container(algorithm=algorithm, key=key)).author_key == FieldError(kind)


@pytest.mark.parametrize("key", [None, 0, False, ""])
def test_a_key_that_javascript_calls_false_is_none(key: object) -> None:
    assert parse_payload(container(key=key)).author_key is None


@pytest.mark.parametrize(
    ("encryption", "cause"),
    [
        ([0], INVALID_CRYPTO_KEY),
        ([0, bytes(31), POST_IV], INVALID_CRYPTO_KEY),
        ([0, POST_KEY], INVALID_PAYLOAD),
        ([0, POST_KEY, bytes(12)], INVALID_IV_LENGTH),
        ([0, POST_KEY, "x" * 16], INVALID_PAYLOAD),
        ([2, POST_KEY, POST_IV], INVALID_PAYLOAD),
        (["0", POST_KEY, POST_IV], INVALID_PAYLOAD),
        ([1, bytes(48), bytes(3), {}], INVALID_IV_LENGTH),
        ([1, bytes(48), POST_IV, [1]], INVALID_PAYLOAD),
    ],
)
def test_a_broken_encryption_field_says_why(encryption: object, cause: str) -> None:
    with pytest.raises(UnsealFailed) as failure:
        unseal(parse_payload(container(encryption=encryption)))
    assert (failure.value.kind, failure.value.cause) == ("DecryptErrorReasons.PayloadBroken", cause)


def test_names_of_ephemeral_keys_are_read_as_leading_integers() -> None:
    good = bytes.fromhex("0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    names = {" 2abc": good, "0": good, "secp256k1": good, "-2": good, "9" * 30: good, "": good, "2.9": b"bad"}
    payload = parse_payload(container(encryption=[1, bytes(48), POST_IV, names]))
    assert isinstance(payload, PayloadV37)
    assert not isinstance(payload.encryption, FieldError)
    keys = getattr(payload.encryption, "ephemeral_keys", {})
    assert list(keys) == ["0", "2", "secp256k1", "-2", "1e+30", ""]
    assert keys["2"] == FieldError(INVALID_CRYPTO_KEY)
    assert keys["0"] == FieldError(UNSUPPORTED_ALGORITHM)


@pytest.mark.parametrize("inner", [1, -1, 0.5, None, "0", True, b"\0"])
def test_another_inner_version_is_unknown(inner: object) -> None:
    with pytest.raises(PayloadMalformed) as failure:
        parse_payload(container(version=inner))
    assert failure.value.kind == "PayloadException.UnknownVersion"


def test_short_and_long_arrays_are_read() -> None:
    with pytest.raises(PayloadMalformed) as failure:
        parse_payload(b"\x00\x90")
    assert failure.value.kind == "PayloadException.UnknownVersion"
    assert parse_payload(b"\x00\x91\x00").author is None
    assert unseal(
        parse_payload(
            b"\x00"
            + pack(
                [
                    0,
                    None,
                    None,
                    None,
                    None,
                    [0, POST_KEY, POST_IV],
                    aes_gcm_seal(POST_KEY, POST_IV, b"\x93\x00\xa0\xc0"),
                    {"1": b""},
                    "x",
                ]
            )
        )
    ).message


def with_plaintext(plaintext: bytes) -> bytes:
    return container(data=aes_gcm_seal(POST_KEY, POST_IV, plaintext))


def text_payload(plaintext: bytes) -> str:
    sealed_key = encode_base64(seal_public_key(POST_KEY, post_iv=POST_IV))
    data = encode_base64(aes_gcm_seal(POST_KEY, POST_IV, plaintext))
    return f"🎼4/4|{sealed_key}|{encode_base64(POST_IV)}|{data}|_||1:||"


BOMBS: dict[str, str | bytes] = {
    "container of empty maps": b"\x00\xdc\x3f\x00" + b"\x80" * 0x3F00,
    "container of empty arrays": b"\x00\xdd\x00\x00\xff\x00" + b"\x90" * 0xFF00,
    "container nested without end": b"\x00" + b"\x91" * 60_000,
    "container of nested maps": b"\x00" + b"\x81\xa1a" * 20_000,
    "container of lists in lists that each claim the rest": b"\x00\x97\x00"
    + b"\xdc\x30\x00" * 1_000
    + b"\xc0" * 13_000,
    "container of maps in maps that each claim the rest": b"\x00\x97\x00"
    + b"\xde\x18\x00\xa1a" * 1_000
    + b"\xc0" * 11_000,
    "container claiming four thousand million items": b"\x00\xdd\xff\xff\xff\xff",
    "container claiming a huge text": b"\x00\x97\xdb\xff\xff\xff\xf0",
    "container of 1 MB": b"\x00" + bytes(1 << 20),
    "map keys that all differ": b"\x00\xde\x20\x00"
    + b"".join(b"\xa2%c%c" % (a, b) + b"\x80" for a in range(64, 128) for b in range(128)),
    "message of empty maps": with_plaintext(b"\x93\x00\xa0\xdc\x3f\x00" + b"\x80" * 0x3F00),
    "message nested without end": with_plaintext(b"\x95\x01\x00\x01\xc0" + b"\x94\x00\x01\xc0\x91" * 10_000),
    "json head nested without end": text_payload(b"[" * 90_000 + "🧩".encode()),
    "json head closed properly": text_payload(b"[" * 40_000 + b"]" * 40_000 + "🧩".encode()),
    "json head with a number bomb": text_payload(b"1e999999999" + "🧩".encode()),
    "json head with a long number": text_payload(b"9" * 80_000 + "🧩".encode()),
    "json head of many small objects": text_payload(b"[" + b"{}," * 30_000 + b"{}]" + "🧩".encode()),
    "text of puzzle pieces": text_payload("🧩".encode() * 20_000),
    "text of separators": "🎼4/4" + "|" * 100_000,
    "text of tails": "🎼4/4" + ":||" * 40_000,
    "text of 1 MB": "🎼4/4|" + "A" * (1 << 20),
    "text of white space": "🎼4/4|" + " \t" * 60_000 + "|" + "\n" * 200,
    "legacy text of separators": "🎼3/4" + "|" * 100_000,
}


def measured(work: object) -> tuple[float, int]:
    """CPU seconds and peak bytes of a call that may raise a named error; the fastest of three runs, as the machine is shared."""
    assert callable(work)
    seconds = []
    for _ in range(3):
        begin = time.process_time()
        with contextlib.suppress(*NAMED):
            work()
        seconds.append(time.process_time() - begin)
    tracemalloc.start()
    with contextlib.suppress(*NAMED):
        work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(seconds), peak


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_costs_little_time_and_memory(name: str) -> None:
    seconds, peak = measured(lambda: unseal(parse_payload(BOMBS[name])))
    assert seconds < 0.1
    assert peak < 16 << 20


TEXTS = {
    "scores": "🎼" * 60_000,
    "scores and runs": ("🎼" + "A" * 500) * 200,
    "links without an end": "https://mask.io/?PostData_v1=%20" * 3000 + "%40",
    "links of bytes": "https://mask.io/?PostData_v2=A" * 5000,
    "users in links": "https://" + "a" * 60 + "@" + "https://" * 10_000 + "%20%40",
    "one long link": "https://mask.io/?PostData_v1=%20" + "A" * 200_000,
    "percent signs": "https://mask.io/?PostData_v2=" + "%" * 200_000,
}


@pytest.mark.parametrize("name", TEXTS)
def test_searching_a_hostile_text_costs_little(name: str) -> None:
    text = TEXTS[name]
    for work in (
        lambda: find_payloads(text, urls=[text]),
        lambda: decode_carriers(text, network="twitter.com"),
        lambda: decode_carriers(text, network="minds.com"),
    ):
        seconds, peak = measured(work)
        assert seconds < 0.1
        assert peak < 16 << 20


RUN_OF_TEN_THOUSAND = """
import random
from tests.fuzz.fuzz_payload import seeds, target
from tests.unit.wire.payload.test_hostile_bytes import BOMBS, raw_target
source, inputs = random.Random(28), seeds()
for number in range(10_000):
    data = bytearray(source.choice(inputs))
    data[source.randrange(1, len(data) + 1) :] = source.randbytes(source.randrange(200))
    target(bytes(data))
for bomb in BOMBS.values():
    raw_target(bomb)
# VmHWM, not ru_maxrss, which a child inherits from the process that started it
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM:")) // 1024)
"""


def test_metadata_with_a_long_string_and_many_brackets_cost_little_memory() -> None:
    plaintext = b'["' + b"a" * 250_000 + b"[" * 40 + b'"]' + "🧩".encode()
    _, peak = measured(lambda: decode_text(plaintext, version=-38))
    assert peak < 16 << 20


def raw_target(payload: str | bytes) -> None:
    """One reading, whatever comes of it."""
    with contextlib.suppress(*NAMED):
        unseal(parse_payload(payload))


def test_ten_thousand_hostile_payloads_leave_a_process_small() -> None:
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", RUN_OF_TEN_THOUSAND], cwd=root, capture_output=True, text=True, timeout=300, check=True
    )
    assert int(done.stdout) < 150  # MiB, the interpreter and the test's own vectors included
