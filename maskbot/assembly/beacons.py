"""Connects to what decides giveaways, as the settings say."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from maskbot.adapters.drand import ChainBeacons, DrandClient
from maskbot.domain.errors import Misconfigured
from maskbot.ports.chain import ChainNode
from maskbot.ports.giveaways import Beacons
from maskbot.settings import Settings
from maskbot.wire.draw import QUICKNET, DrandChain


def drand_chain(text: str) -> DrandChain:
    """The chain that `hash public-key genesis-time period` names, quicknet for an empty text. Raises Misconfigured."""
    if not text.strip():
        return QUICKNET
    try:
        name, public_key, genesis, period = text.split()
        return DrandChain(
            hash=bytes.fromhex(name),
            public_key=bytes.fromhex(public_key),
            genesis_s=int(genesis[:12]),
            period_s=int(period[:6]),
        )
    except ValueError as error:
        raise Misconfigured(
            "MASKBOT_DRAND_CHAIN: write the chain's hash (64 hex digits), public key (192), genesis time and period in seconds"
        ) from error


def connect_beacons(settings: Settings, *, chain: DrandChain, chain_of: Callable[[int], ChainNode]) -> Beacons:
    """The beacons. Makes no connection yet."""
    tls = None if settings.ca_bundle is None else ssl.create_default_context(cafile=str(settings.ca_bundle))
    return ChainBeacons(DrandClient([settings.drand_base_url], chain=chain, tls=tls), chain_of=chain_of)
