"""Entrants in their one normal form, and the Merkle root that fixes who they are.

Source: reliability.md C.6, points 2 and 3. The normal form is one line of ASCII, `<id> <address> <weight>`: 64 lower-case
hexadecimal digits, 40 of them, and a decimal from 1 to 2^32 - 1 without leading zero, one space between. Lines are sorted; an id or
an address occurs once. The tree is that of RFC 6962 (2.1): leaf SHA-256(00 | line), node SHA-256(01 | left | right), the last one
of an odd row goes up alone, no entrants: SHA-256 of nothing. No second preimage, and no list with another length has this root.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from maskbot.domain.money import ADDRESS_BYTES, Address
from maskbot.wire.draw.errors import EntrantMalformed

MOST_ENTRANTS = 1_000_000
MOST_WEIGHT = 2**32 - 1
_ID_BYTES = 32
_LINE = re.compile(r"([0-9a-f]{64}) ([0-9a-f]{40}) ([1-9][0-9]{0,9})", re.ASCII)


@dataclass(frozen=True, slots=True)
class DrawEntrant:
    """One entrant: `id` (32 bytes) names the person within one giveaway, `address` is where a prize would go."""

    id: bytes
    address: Address
    weight: int = 1

    def __post_init__(self) -> None:
        if len(self.id) != _ID_BYTES or len(self.address) != ADDRESS_BYTES:
            raise EntrantMalformed("an entrant has an id of 32 bytes and an address of 20")
        if not 1 <= self.weight <= MOST_WEIGHT:
            raise EntrantMalformed("an entrant's weight is between 1 and 2^32 - 1")

    @property
    def line(self) -> str:
        """The normal form."""
        return f"{self.id.hex()} {self.address.hex()} {self.weight}"


def entrant_id(*, giveaway_id: str, person: str) -> bytes:
    """The id (32 bytes) of a person in one giveaway; whoever knows the person can compute it, and it says nothing elsewhere."""
    return sha256(f"maskbot-entrant|{giveaway_id}|{person}".encode()).digest()


def normalise(entrants: Iterable[DrawEntrant]) -> tuple[DrawEntrant, ...]:
    """The entrants in the order of their lines.

    Raises:
        EntrantMalformed: an id or an address occurs twice, or there are more than a million.
    """
    ordered = tuple(sorted(entrants, key=lambda entrant: entrant.id))
    if len(ordered) > MOST_ENTRANTS:
        raise EntrantMalformed(f"a draw has {MOST_ENTRANTS} entrants at most")
    if len({entrant.id for entrant in ordered}) != len(ordered):
        raise EntrantMalformed("an entrant occurs twice")
    if len({entrant.address for entrant in ordered}) != len(ordered):
        raise EntrantMalformed("an address occurs twice")
    return ordered


def parse_lines(lines: Sequence[str]) -> tuple[DrawEntrant, ...]:
    """The entrants that sorted normal forms name.

    Raises:
        EntrantMalformed: a line is no normal form, the order is wrong, or an id or address occurs twice.
    """
    if len(lines) > MOST_ENTRANTS:
        raise EntrantMalformed(f"a draw has {MOST_ENTRANTS} entrants at most")
    entrants = []
    for line in lines:
        found = _LINE.fullmatch(line)
        if found is None:
            raise EntrantMalformed("an entrant is written as id, address and weight")
        number, address, weight = found.groups()
        entrants.append(DrawEntrant(bytes.fromhex(number), Address(bytes.fromhex(address)), int(weight)))
    ordered = normalise(entrants)
    if [entrant.id for entrant in ordered] != [entrant.id for entrant in entrants]:
        raise EntrantMalformed("the entrants are not in order")
    return ordered


def merkle_root(lines: Sequence[str]) -> bytes:
    """The root (32 bytes) over these lines, in this order."""
    row = [sha256(b"\x00" + line.encode("ascii")).digest() for line in lines]
    if not row:
        return sha256(b"").digest()
    while len(row) > 1:
        pairs = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
        row = [*pairs, row[-1]] if len(row) % 2 else pairs
    return row[0]
