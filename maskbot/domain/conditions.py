"""What a giveaway may ask of who enters: a holding on a chain, a boosted post. How an entry is judged: `domain.eligibility`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maskbot.domain.identity import Platform
from maskbot.domain.money import MOST_BASE_UNITS, Address

_INSTANCE = re.compile(r"[a-z0-9.:\[\]-]{1,255}", re.ASCII)
_POST_ID = re.compile(r"[0-9A-Za-z]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Holding:
    """To enter, an address must have held at least `least` base units (an NFT: tokens) of a contract at a block of the chain that
    the prize is on."""

    contract: Address
    block: int
    least: int

    def __post_init__(self) -> None:
        if not 1 <= self.least <= MOST_BASE_UNITS or self.block < 0 or len(self.contract) != 20:
            raise ValueError("a holding is one unit or more of a contract (20 bytes) at a block")


@dataclass(frozen=True, slots=True)
class BoostedPost:
    """A post that has to be boosted (X: reposted) to enter with an account of `instance` (`x.com`, or the Mastodon server's host);
    `post_id` is the instance's own."""

    platform: Platform
    instance: str
    post_id: str

    def __post_init__(self) -> None:
        if not _INSTANCE.fullmatch(self.instance) or not _POST_ID.fullmatch(self.post_id):
            raise ValueError("a post to boost is named by the host of its instance and its id there")

    @property
    def text(self) -> str:
        """As the rules write it: `<platform> <instance> <post id>`."""
        return f"{self.platform.value} {self.instance} {self.post_id}"
