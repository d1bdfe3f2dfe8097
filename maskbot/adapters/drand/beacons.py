"""Both kinds of beacons behind one port: drand rounds and later blocks (reliability.md C.6)."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.adapters.drand.client import DrandClient
from maskbot.domain.chain import BlockName
from maskbot.domain.errors import Misconfigured, Refused, Unavailable
from maskbot.ports.chain import ChainNode
from maskbot.wire.draw import BlockPromise, DrandPromise, parse_promise


class BeaconTooEarly(Refused):
    """The randomness was known before its promised time, when entrants could still be chosen."""

    kind = "BeaconTooEarly"


class ChainBeacons:
    """Implements `ports.giveaways.Beacons`."""

    def __init__(self, drand: DrandClient, *, chain_of: Callable[[int], ChainNode]) -> None:
        self._drand = drand
        self._chain_of = chain_of

    def fetch_value(self, promise: str, *, not_before_s: int) -> bytes:
        """See `ports.giveaways.Beacons.fetch_value`. A block counts when the chain calls it final by depth."""
        match parse_promise(promise):
            case DrandPromise(chain=chain, round=round_number):
                if chain != self._drand.chain.hash:
                    raise Misconfigured(f"the drand chain {chain.hex()} is not the one that is set up")
                if self._drand.chain.time_of(round_number) < not_before_s:
                    raise BeaconTooEarly(f"drand round {round_number} was known too early: nothing is drawn with it")
                return self._drand.fetch_signature(round_number)
            case BlockPromise(chain_id=chain_id, number=number):
                node = self._chain_of(chain_id)
                latest = node.fetch_header(BlockName.LATEST)
                if latest is None or latest.number < number + node.chain.final_depth:
                    raise Unavailable(f"block {number} is not final yet; try again later", retry_after_s=12.0)
                header = node.fetch_header(number)
                if header is None:
                    raise Unavailable(f"block {number} cannot be had; try again later")
                if header.time_s < not_before_s:
                    raise BeaconTooEarly(f"block {number} came too early: nothing is drawn with it")
                return header.hash
