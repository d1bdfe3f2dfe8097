"""Where key records lie on the graph: the partition hash and the node names of v37 to v40.

Source: `spec/gun-personas-backup.md` A.2 to A.4, vectors `gun-keys.json`. A bucket is two base64 characters (4096 in
all) of a slow hash; it is shared by unrelated posts and people. The hash takes about 30 ms, so buckets are
remembered; the bucket of a recipient never changes and may be stored with the recipient.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache

from maskbot.wire.crypto import encode_base64, jwk_of_public, pbkdf2_sha256
from maskbot.wire.gun.errors import UnknownNetwork

Path = tuple[str, ...]

V37, V38, V39, V40 = -37, -38, -39, -40

_POST_SALT = b"9283464d-ee4e-4e8d-a7f3-cf392a88133f"
_RECIPIENT_SALT = {
    V37: b"ace7ab0c-5507-4bdd-9d43-e4249a48e720",
    V38: b"10198a2f-205f-45a6-9987-3488c80113d0",
    V39: b"10198a2f-205f-45a6-9987-3488c80113d0",
}
_ITERATIONS = 100_000
_HASH_BYTES = 64
_REMEMBERED = 1 << 16


@dataclass(frozen=True, slots=True)
class _Hints:
    domain: str
    v38: str
    v37: str


_HINTS = {
    hints.domain: hints
    for hints in (
        _Hints("twitter.com", "twitter-", "37-tw"),
        _Hints("facebook.com", "", "37-fb"),
        _Hints("minds.com", "minds-", "37-minds"),
        _Hints("instagram.com", "instagram-", "37-ins"),
    )
}
_SAME_SITE = {"x.com": "twitter.com"}


def post_bucket(post_iv: bytes) -> str:
    """Return the bucket of a post (IV of 16 bytes), the same for all versions."""
    return _bucket(encode_base64(post_iv).encode(), _POST_SALT)


def recipient_bucket(public_key: bytes, *, version: int) -> str:
    """Return the bucket of a recipient (secp256k1, 33 or 65 bytes) for payload version -37, -38 or -39.

    Raises:
        InvalidKey: the bytes are no point of the curve.
    """
    jwk = jwk_of_public(public_key)
    if version == V39:
        # member order and key_ops as today's build exports the key
        exported = {"crv": jwk["crv"], "ext": True, "x": jwk["x"], "y": jwk["y"], "key_ops": ["deriveKey"], "kty": "EC"}
        text = json.dumps(exported, separators=(",", ":"))
    else:
        text = f"{jwk['x']}{jwk['y']}"
    return _bucket(text.encode(), _RECIPIENT_SALT[version])


def write_path(version: int, *, network: str, post_iv: bytes, recipient: bytes) -> Path:
    """Return the set in which the key record of one recipient is published (version -37 or -38).

    Raises:
        UnknownNetwork: the network is none of the four the extension knows.
        InvalidKey: the recipient is no secp256k1 point.
    """
    _hints_of(network)  # refused before the slow hash
    owner = recipient_bucket(recipient, version=version)
    return write_path_of(version, network=network, post=post_bucket(post_iv), owner=owner)


def write_path_of(version: int, *, network: str, post: str, owner: str) -> Path:
    """Return the set for known buckets: of the post, and of the recipient for this version (-37 or -38). No hashing.

    Raises:
        UnknownNetwork: the network is none of the four the extension knows.
    """
    hints = _hints_of(network)
    return (f"{hints.v37}-{post}-{owner}",) if version == V37 else (f"{hints.v38}{post}", owner)


def read_paths(version: int, *, network: str, post_iv: bytes, recipient: bytes) -> tuple[Path, ...]:
    """Return the sets the extension reads for one recipient (version -37, -38 or -39), the one written today first.

    Raises:
        UnknownNetwork: the network is none of the four the extension knows.
        InvalidKey: the recipient is no secp256k1 point.
    """
    hints = _hints_of(network)
    post, owner = post_bucket(post_iv), recipient_bucket(recipient, version=version)
    if version == V37:
        return ((f"{hints.v37}-{post}-{owner}",),)
    return (f"{hints.v38}{post}", owner), (f"{hints.v38}-{post}", owner)


def old_read_paths(version: int, *, network: str, post_iv: bytes, recipient: bytes) -> tuple[Path, ...]:
    """Return further sets where builds of 2022-03-18 to 05-23, and on Instagram older ones, wrote (version -38 or -39).

    The extension itself does not look there (A.3).

    Raises:
        UnknownNetwork: the network is none of the four the extension knows.
        InvalidKey: the recipient is no secp256k1 point.
    """
    hints = _hints_of(network)
    if version == V37:
        return ()
    post, owner = post_bucket(post_iv), recipient_bucket(recipient, version=version)
    of_2022: Path = (f"{hints.domain}-{post}", owner)
    return (of_2022, (f"{hints.domain}{post}", owner)) if hints.domain == "instagram.com" else (of_2022,)


def v40_path(*, post_iv: bytes, user_id: str) -> Path:
    """Return the node (no set) that holds the v40 key record of one reader, by user id without the network."""
    return "maskbook", "posts", encode_base64(post_iv), user_id


def _hints_of(network: str) -> _Hints:
    domain = network.lower()
    hints = _HINTS.get(_SAME_SITE.get(domain, domain))
    if hints is None:
        raise UnknownNetwork(f"end-to-end posts need one of the networks {', '.join(_HINTS)}")
    return hints


@lru_cache(maxsize=_REMEMBERED)
def _bucket(text: bytes, salt: bytes) -> str:
    return encode_base64(pbkdf2_sha256(text, salt, iterations=_ITERATIONS, length=_HASH_BYTES))[:2]
