"""Shares of packets in watched posts are taken, once, never at a loss, and for nobody else (red-packets.md 3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.sandbox.chain import ETHER, Anvil
from tests.journeys.claim_world import Claims, Ground, build_ground, claims_on


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Anvil(tmp_path_factory.mktemp("chain")) as anvil:
        ground = build_ground(anvil)
        yield ground
        ground.node.close()


@pytest.fixture
def ground(built: Ground) -> Iterator[Ground]:
    mark = built.anvil.snapshot()
    yield built
    built.anvil.set_automine(is_on=True)
    built.anvil.revert(mark)


@pytest.fixture
def claims(ground: Ground, tmp_path: Path) -> Iterator[Claims]:
    made = claims_on(ground, tmp_path)
    yield made
    made.close()


def test_a_share_in_a_watched_post_is_taken_and_told(claims: Claims) -> None:
    before = claims.ground.coins(claims.wallet.address)
    claims.post(claims.meta(claims.ground.create()))
    claims.settle()
    claim = claims.only()
    assert (claim.state, claim.value, claim.received, claim.sealed_key) == ("claimed", ETHER, ETHER, None)
    assert claims.ground.coins(claims.wallet.address) == before + ETHER - claim.cost_wei
    (notice,) = claims.notices()
    assert notice["text"] == "Taken from a red packet: 1 ETH on chain 31337."
    assert claims.sent() == 1
