"""Who seals, for whom, and with which randomness (mask-payload.md, section 7). Values only; `seal.py` puts them to work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from maskbot.wire.crypto import InvalidIv, InvalidKey, compress, is_private_key
from maskbot.wire.payload.errors import ENCODE_FAILED, SealRefused
from maskbot.wire.payload.model import Curve, CurveKey

MAX_RECIPIENTS = 2000
Secret = bytes


@dataclass(frozen=True, slots=True)
class Author:
    """Who seals. `profile` is a profile text in normal form; `key` is written into the payload if `shows_key`.

    `private_key` (32 bytes, on the curve of `key`) and `local_key` (32 bytes) are needed for v38 to recipients only.
    """

    profile: str | None = None
    key: CurveKey | None = None
    shows_key: bool = True
    private_key: Secret | None = field(default=None, repr=False)
    local_key: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SealSecrets:
    """Fresh randomness: post IV (16 bytes), post key (32), a salt (16) per recipient (v38), a private key per curve (v37)."""

    post_iv: bytes
    post_key: Secret = field(repr=False)
    salts: Sequence[bytes] = ()
    ephemeral: Mapping[Curve, Secret] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if len(self.post_iv) != 16:
            raise InvalidIv("expected a post IV of 16 bytes")
        if len(self.post_key) != 32:
            raise InvalidKey("expected a post key of 32 bytes")


def draw_secrets(draw: Callable[[int], bytes], *, recipients: int) -> SealSecrets:
    """Secrets for any version from a source of random bytes, in the order of the reference: IV, key, salts."""
    post_iv, post_key = draw(16), draw(32)
    salts = tuple(draw(16) for _ in range(recipients))
    return SealSecrets(post_iv, post_key, salts, {curve: _draw_private(draw) for curve in Curve})


def audience_of(points: Iterable[bytes]) -> tuple[CurveKey, ...]:
    """Recipients from secp256k1 points of 33 or 65 bytes: one per key, however it is encoded, in order of first mention.

    Raises:
        InvalidKey: no point, or a hybrid encoding.
        SealRefused: more than 2,000 recipients.
    """
    unique: dict[bytes, None] = {}
    for point in points:
        unique[compress(point)] = None
        if len(unique) > MAX_RECIPIENTS:
            raise SealRefused("at most 2,000 recipients for one post", kind=ENCODE_FAILED)
    return tuple(CurveKey(Curve.K256, point) for point in unique)


def _draw_private(draw: Callable[[int], bytes]) -> Secret:
    """A scalar valid on both curves; a second draw is needed about once in 2^32."""
    while True:
        candidate = draw(32)
        if is_private_key(candidate) and candidate < b"\xff\xff\xff\xff\x00\x00\x00\x00":
            return candidate
