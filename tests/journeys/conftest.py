"""A chain for claims, one for each module, put back after each test; and a house on it whose persona claims."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.sandbox.chain import Anvil
from tests.journeys.claim_world import GWEI, Claims, Ground, build_ground, claims_on


@pytest.fixture(scope="module")
def claim_ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """Both packet contracts and the tokens of the tests."""
    folder = tmp_path_factory.mktemp("chain")
    with Anvil(folder) as anvil:
        ground = build_ground(anvil, folder)
        yield ground
        ground.node.close()


@pytest.fixture
def claims(claim_ground: Ground, tmp_path: Path) -> Iterator[Claims]:
    """A persona that watches a feed, and its wallet. Leases end at once, as if every worker that holds one were dead."""
    mark = claim_ground.anvil.snapshot()
    made = claims_on(claim_ground, tmp_path)
    made.lease_ms = 1
    yield made
    made.close()
    claim_ground.anvil.revert(mark)
    claim_ground.anvil.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
