"""The selection: a seed from public data, a ticket for each entrant, the lowest keys win. Whole numbers only.

Source: reliability.md C.6, points 3 and 4. Theory: an entrant's ticket is HMAC-SHA-256(seed, line) read as a number h below 2^256.
With equal weights the lowest tickets win. With weights w, -log2(1 - h/2^256) / w is an exponential variable of rate w, and the
lowest of those win each with a chance of w over the sum of all w still in (Efraimidis and Spirakis). The logarithm is a
fixed-point number with 48 binary digits, by repeated squaring of a 64-bit mantissa: the same digits in every language. It never
falls while h grows, so that equal weights are the special case. Ties go to the lower ticket, then to the lower id.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

from maskbot.wire.draw.entrants import DrawEntrant

_DOMAIN = b"maskbot-draw-1"
_FRACTION_BITS = 48
_SCALE_BITS = 64


def draw_seed(*, rules_hash: bytes, root: bytes, randomness: bytes, server_seed: bytes = b"") -> bytes:
    """SHA-256(domain | rules hash | root | randomness | server seed), 32 bytes; the rules name the giveaway.

    Raises:
        ValueError: a hash is not 32 bytes, or the server seed neither none nor 32.
    """
    if not len(rules_hash) == len(root) == len(randomness) == 32 or len(server_seed) not in (0, 32):
        raise ValueError("rules hash, root and randomness are 32 bytes each, a server seed none or 32")
    return sha256(_DOMAIN + rules_hash + root + randomness + server_seed).digest()


def select(entrants: Sequence[DrawEntrant], *, seed: bytes, places: int) -> tuple[DrawEntrant, ...]:
    """The winners, first place first; everybody when there are fewer entrants than places."""
    if places < 0:
        raise ValueError("a draw has no fewer than 0 places")
    is_weighted = len({entrant.weight for entrant in entrants}) > 1
    ranked = []
    for entrant in entrants:
        ticket = int.from_bytes(hmac.digest(seed, entrant.line.encode("ascii"), "sha256"), "big")
        key = exponential_key(ticket, weight=entrant.weight) if is_weighted else 0
        ranked.append((key, ticket, entrant.id, entrant))
    ranked.sort(key=lambda one: one[:3])
    return tuple(one[3] for one in ranked[:places])


def exponential_key(ticket: int, *, weight: int) -> int:
    """floor(-log2(1 - ticket / 2^256) x 2^112 / weight), with the logarithm cut to 48 binary digits."""
    return ((256 << _FRACTION_BITS) - _log2(2**256 - ticket) << _SCALE_BITS) // weight


def _log2(number: int) -> int:
    """log2 of a number of 1 to 257 bits in units of 2^-48, cut off: one squaring a digit."""
    bits = number.bit_length()
    mantissa = number >> bits - 64 if bits > 64 else number << 64 - bits
    digits = 0
    for _ in range(_FRACTION_BITS):
        mantissa = mantissa * mantissa >> 63
        digits <<= 1
        if mantissa >> 64:
            digits |= 1
            mantissa >>= 1
    return (bits - 1 << _FRACTION_BITS) | digits
