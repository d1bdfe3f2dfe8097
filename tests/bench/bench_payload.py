"""How fast payloads are sealed, unsealed, found and refused, each beside its bare limit measured in the same run.

    python -m tests.bench.bench_payload

One core, CPU time, best of the rounds (other work shares the machine); what is compared with bare ECDH runs in turn with
it, round by round, because a shared core is not equally fast all the time.
Bare ECDH is libsecp256k1's constant-time call as coincurve binds it, key already parsed;
`from bytes` adds the parsing that a key seen for the first time costs anyone (coincurve's
`PrivateKey.ecdh`). Posts are all different; "new author" means that no key of theirs was seen before, "known author" that it was;
"secret remembered" is a reader who keeps the static secrets of v38 in its memory, as only the vault may.
Aims (issue 3): unseal and seal 0.75 of bare ECDH, public 0.5 of bare decoding, garbage 100,000/s, scanning 50 us, two cores 1.7.
The reference in Node reads about 470 posts a second (mask-payload.md, section 16).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache, partial

from coincurve import PrivateKey
from coincurve import PublicKey as CoincurveKey
from coincurve._libsecp256k1 import ffi, lib
from coincurve.context import GLOBAL_CONTEXT
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from maskbot.domain.errors import Malformed
from maskbot.wire.crypto import ecdh_x, public_key_of
from maskbot.wire.crypto.secp256k1 import _copy_x, _parsed
from maskbot.wire.payload import (
    Author,
    Curve,
    CurveKey,
    Reader,
    SealedKey,
    TextMessage,
    audience_of,
    draw_secrets,
    encode_link,
    find_payloads,
    parse_payload,
    read_record,
    record_of,
    seal,
    unseal,
)

POSTS = 1000
RECIPIENTS = 2000
ROUNDS = 7
RANDOM = random.Random(37)
OURS = RANDOM.randbytes(32)
AUDIENCE = audience_of([public_key_of(OURS)])
TEXT = "Broadcast of the day: " + "gm " * 42

Post = tuple[str, list[dict[str, object]]]
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limit:
    """Bare ECDH: `POSTS` calls with the key parsed, and how many times as long one takes when the key comes as bytes."""

    calls: Callable[[], object]
    from_bytes: float


def cpu_us(
    work: Callable[[], object], *, per: int, before: Callable[[], object] = lambda: None, rounds: int = ROUNDS
) -> float:
    """CPU microseconds of one of the `per` units of work that a call does, in the best round."""
    times = []
    for _ in range(rounds):
        before()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) * 1e6 / per


def beside(bare: Limit, work: Callable[[], object], *, per: int, before: Callable[[], object] = lambda: None) -> Pair:
    """CPU microseconds of one of the `per` units of work, and of one bare ECDH, both in their best of alternate rounds."""
    pairs = [
        (cpu_us(work, per=per, before=before, rounds=1), cpu_us(bare.calls, per=POSTS, rounds=1)) for _ in range(ROUNDS)
    ]
    return min(ours for ours, _ in pairs), min(limit for _, limit in pairs)


def row(name: str, micros: float, *, bare: float | None = None, note: str = "") -> None:
    """Print one line."""
    ratio = "" if bare is None else f"{bare / micros:6.2f}"
    print(f"{name:<46} {micros:9.2f} {1e6 / micros:11,.0f} {ratio:>6}  {note}")


def main() -> None:
    """Print one line per case: microseconds, rate, ratio to the bare limit (higher is better)."""
    print(f"{'case':<46} {'CPU us':>9} {'per second':>11} {'ratio':>6}")
    bare = _bare_ecdh()
    _primitives(bare=bare)
    for version in (-38, -37):
        _unsealing(version, bare=bare)
    for version in (-38, -37):
        _sealing(version, bare=bare)
    for version in (-38, -37):
        _public(version)
    _bucket(bare)
    _garbage()
    _scanning()
    _processes()


def _author(number: int) -> Author:
    private_key = (number + 2).to_bytes(32, "big")
    point = public_key_of(private_key)
    return Author(f"person:twitter.com/user{number}", CurveKey(Curve.K256, point), True, private_key, bytes(32))


def _posts(version: int, *, authors: int) -> list[Post]:
    """Post texts and the records of their only recipient, as the graph gives them."""
    posts = []
    for number in range(POSTS):
        secrets = draw_secrets(RANDOM.randbytes, recipients=1)
        sealed = seal(
            TextMessage(TEXT), version=version, author=_author(number % authors), audience=AUDIENCE, secrets=secrets
        )
        records = [record_of(key) for key in sealed.keys if isinstance(key, SealedKey)]
        posts.append((f"Sealed for you. Open {encode_link(sealed.payload)} to read it.", records))
    return posts


def read_all(posts: Sequence[Post], *, version: int, agree: Callable[[bytes, bytes], bytes] = ecdh_x) -> int:
    """From post text and records to the typed message, for every post; how many texts that gave."""
    reader, total = Reader(private_keys=(OURS,), agree_static=agree), 0
    for text, records in posts:
        (payload,) = find_payloads(text)
        sealed_keys = [read_record(record, version=version) for record in records]
        message = unseal(parse_payload(payload), reader=reader, records=sealed_keys).message
        total += isinstance(message, TextMessage)
    return total


def _bare_ecdh() -> Limit:
    points = [public_key_of((number + 2).to_bytes(32, "big")) for number in range(POSTS)]
    parsed = [CoincurveKey(point).public_key for point in points]
    shared, context, bound = ffi.new("unsigned char[32]"), GLOBAL_CONTEXT.ctx, PrivateKey(OURS)

    def calls() -> None:
        for point in parsed:
            lib.secp256k1_ecdh(context, shared, point, OURS, _copy_x, ffi.NULL)

    limit = Limit(calls, 1.0)
    from_bytes, bare = beside(limit, lambda: [bound.ecdh(point) for point in points], per=POSTS)
    row("bare ECDH, constant time, key parsed", bare, bare=bare)
    row("coincurve PrivateKey.ecdh, key from bytes", from_bytes, bare=bare)
    return Limit(calls, from_bytes / bare)


def _compared(name: str, pair: Pair, limit: Limit, *, is_new: bool = False, note: str = "aim 0.75") -> None:
    """A row beside bare ECDH; for keys never met before also beside ECDH with the key from bytes, which has to parse it too."""
    micros, bare = pair
    beside_parsing = f"; {limit.from_bytes * bare / micros:.2f} of ECDH with the key from bytes" if is_new else ""
    row(name, micros, bare=bare, note=note + beside_parsing)


def _primitives(*, bare: Limit) -> None:
    """What reading a v38 post costs in library calls alone: decoding five fields, ECDH, two hashes, two AES-GCM."""
    posts = []
    for text, (record,) in _posts(-38, authors=20):
        (payload,) = find_payloads(text)
        assert isinstance(payload, str)
        fields = payload.split("|")
        posts.append((fields[2], fields[3], fields[5], str(record["encryptedKey"]), str(record["salt"])))

    def calls() -> None:
        for fields in posts:
            iv, data, key, sealed, salt = [binascii.a2b_base64(field, strict_mode=True) for field in fields]
            stem = ecdh_x(OURS, key) + salt + salt
            folded = hashlib.sha256(stem + b"\x21").digest()
            half = int.from_bytes(folded[:16], "big") ^ int.from_bytes(folded[16:], "big")
            opened = AESGCM(hashlib.sha256(stem + b"\x28\x46").digest()).decrypt(half.to_bytes(16, "big"), sealed, None)
            AESGCM(base64.urlsafe_b64decode(opened[33:76] + b"=")).decrypt(iv, data, None).decode()

    pair = beside(bare, calls, per=POSTS)
    _compared("v38 the library calls alone, known author", pair, bare, note="what Python leaves to reach")


def _unsealing(version: int, *, bare: Limit) -> None:
    few, many = _posts(version, authors=20), _posts(version, authors=POSTS)
    if version == -38:
        remembering = lru_cache(1024)(ecdh_x)
        met = beside(bare, lambda: read_all(few, version=version, agree=remembering), per=POSTS)
        _compared("v38 unseal, text to message, secret remembered", met, bare, note="aim 0.75; 20 authors, 1,000 posts")
    known = beside(bare, lambda: read_all(few, version=version), per=POSTS)
    _compared(f"v{-version} unseal, text to message, known author", known, bare)
    new = beside(bare, lambda: read_all(many, version=version), per=POSTS, before=_parsed.cache_clear)
    _compared(f"v{-version} unseal, text to message, new author", new, bare, is_new=True)


def _sealing(version: int, *, bare: Limit) -> None:
    points = [public_key_of((number + 2).to_bytes(32, "big")) for number in range(RECIPIENTS)]
    author, secrets = _author(RECIPIENTS), draw_secrets(RANDOM.randbytes, recipients=RECIPIENTS)

    def sealing() -> None:
        sealed = seal(TextMessage(TEXT), version=version, author=author, audience=audience_of(points), secrets=secrets)
        for key in sealed.keys:
            assert isinstance(key, SealedKey)
            record_of(key)

    new = beside(bare, sealing, per=RECIPIENTS, before=_parsed.cache_clear)
    _compared(f"v{-version} seal and records, 2,000 new recipients", new, bare, is_new=True)
    known = beside(bare, sealing, per=RECIPIENTS)
    _compared(f"v{-version} seal and records, 2,000 known recipients", known, bare)


def _public(version: int) -> None:
    secrets = [draw_secrets(RANDOM.randbytes, recipients=0) for _ in range(POSTS)]
    payloads = [
        seal(TextMessage(TEXT), version=version, author=_author(0), audience=None, secrets=each).payload
        for each in secrets
    ]

    def reading() -> None:
        for payload in payloads:
            unseal(parse_payload(payload))

    shared = AESGCM(bytes.fromhex("dc17fc049dd93d23143368e0d9384e0de2ee4510fffbf8b040469e2dd7105e98"))

    def bare_text() -> None:
        for payload in payloads:
            assert isinstance(payload, str)
            fields = payload.split("|")
            sealed_key, iv, data = (base64.b64decode(field) for field in fields[1:4])
            key = json.loads(shared.decrypt(iv, sealed_key, None))["k"]
            AESGCM(base64.urlsafe_b64decode(key + "=")).decrypt(iv, data, None).decode()

    encoded = [base64.b64encode(payload) for payload in payloads if isinstance(payload, bytes)]
    positions = [
        (payload.index(each.post_key), payload.index(each.post_iv), len(payload) - len(TEXT.encode()) - 16 - 5)
        for payload, each in zip(payloads, secrets, strict=True)
        if isinstance(payload, bytes)
    ]

    def bare_bytes() -> None:
        for text, (key, iv, data) in zip(encoded, positions, strict=True):
            raw = base64.b64decode(text)
            json.loads(b'"' + AESGCM(raw[key : key + 32]).decrypt(raw[iv : iv + 16], raw[data:], None)[4:-1] + b'"')

    bare = cpu_us(bare_text if version == -38 else bare_bytes, per=POSTS)
    row(f"v{-version} public, bare base64 + AES-GCM + JSON", bare, bare=bare)
    row(f"v{-version} public, payload to message", cpu_us(reading, per=POSTS), bare=bare, note="aim 0.5")


def _bucket(limit: Limit) -> None:
    """A node of the graph with 200 records, ours the last."""
    secrets = draw_secrets(RANDOM.randbytes, recipients=200)
    strangers = [public_key_of((number + 2).to_bytes(32, "big")) for number in range(199)]
    audience = audience_of([*strangers, public_key_of(OURS)])
    for version in (-38, -37):
        sealed = seal(TextMessage(TEXT), version=version, author=_author(500), audience=audience, secrets=secrets)
        records = [record_of(key) for key in sealed.keys if isinstance(key, SealedKey)]
        text = f"Open {encode_link(sealed.payload)} now."
        read = partial(read_all, [(text, records)], version=version)
        micros, bare = beside(limit, read, per=1)
        row(f"v{-version} unseal with a node of 200 records", micros, bare=200 * bare, note="bare: 200 ECDH; aim 0.7")


def _garbage() -> None:
    post = seal(
        TextMessage(TEXT),
        version=-38,
        author=_author(1),
        audience=AUDIENCE,
        secrets=draw_secrets(RANDOM.randbytes, recipients=1),
    ).payload
    assert isinstance(post, str)
    kinds: dict[str, list[str | bytes]] = {
        "random bytes": [RANDOM.randbytes(300) for _ in range(POSTS)],
        "random bytes as v37": [b"\x00\x97\x00" + RANDOM.randbytes(300) for _ in range(POSTS)],
        "random text": [RANDOM.randbytes(150).hex() for _ in range(POSTS)],
        "v38 header, random fields": [
            "🎼4/4|" + base64.b64encode(RANDOM.randbytes(200)).decode() for _ in range(POSTS)
        ],
        "v38 cut anywhere": [post[: RANDOM.randrange(5, len(post) - 80)] for _ in range(POSTS)],
    }
    for name, payloads in kinds.items():

        def refusing(payloads: list[str | bytes] = payloads) -> None:
            for payload in payloads:
                with suppress(Malformed):
                    unseal(parse_payload(payload))

        row(f"refuse {name}", cpu_us(refusing, per=POSTS), note="aim 100,000/s")


def _scanning() -> None:
    words = "gm @maskbot #mask_io $ETH https://example.com/?a=1%40b mask.io 🎭 now "
    text = (words * 100)[:5000]
    assert find_payloads(text) == ()
    micros = cpu_us(lambda: [find_payloads(text, urls=["https://example.com/"]) for _ in range(POSTS)], per=POSTS)
    row("scan 5,000 characters without a payload", micros, note="aim 50 us")


def _processes() -> None:
    """Wall-clock time of the same work in one process and in two; other load on the machine lowers the gain."""
    posts, gains = _posts(-38, authors=POSTS), []
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_share, [posts[:1]] * 4))
        for _ in range(3):
            one = _wall_s(lambda: list(pool.map(_share, [posts * 6])))
            two = _wall_s(lambda: list(pool.map(_share, [posts * 3, posts * 3])))
            gains.append(one / two)
    print(f"{'two processes beside one':<46} {'':>9} {'':>11} {max(gains):6.2f}  aim 1.7")


def _share(posts: Sequence[Post]) -> int:
    return read_all(posts, version=-38)


def _wall_s(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
