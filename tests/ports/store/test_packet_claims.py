"""Claims, the wallets of personas and what shares are worth, on both databases."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from maskbot.adapters.store.errors import IllegalMove
from maskbot.domain.money import MOST_BASE_UNITS, NATIVE, Address
from maskbot.domain.packet_claim import ClaimFloor, PacketClaim, PersonaWallet
from maskbot.domain.red_packet import PacketVersion
from tests.ports.store.stage import NOW, Stage
from tests.ports.store.test_treasury import add_wallet

BOB = Address(b"\xbb" * 20)


def claim_of(stage: Stage, id_: str = "c1", **changes: object) -> PacketClaim:
    made = PacketClaim(
        id=id_,
        tenant_id=stage.tenant,
        wallet_id="w1",
        chain_id=2**53,
        version=PacketVersion.V4,
        packet_id=b"\7" * 32,
        requested_by="persona:p",
        found_at_ms=NOW,
        sealed_key=b"sealed",
        tx_hash=b"\1" * 32,
        created_at_s=NOW // 1000,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # whatever the test says


def test_a_claim_comes_back_whole_and_there_is_one_of_a_packet_and_wallet(stage: Stage) -> None:
    claim = claim_of(stage)
    with stage.store.write() as work:
        assert work.claims.add(claim, now_ms=NOW)
        assert not work.claims.add(replace(claim, id="c2", reason="other"), now_ms=NOW)
        assert work.claims.add(replace(claim, id="c3", wallet_id="w2"), now_ms=NOW)
        assert work.claims.add(replace(claim, id="c4", version=PacketVersion.NFT), now_ms=NOW)
        assert work.claims.load("c1", is_locked=True) == claim
        assert work.claims.load("c2") is None
        assert {each.id for each in work.claims.find(wallet_id="w1", packet_id=claim.packet_id)} == {"c1", "c4"}
        assert work.claims.of_tenant(stage.other_tenant) == ()


def test_a_claim_moves_with_all_that_was_learnt_and_only_as_it_may(stage: Stage) -> None:
    learnt = claim_of(
        stage,
        token=BOB,
        decimals=36,
        expected=MOST_BASE_UNITS,
        coin_price=Decimal("1.23E-20"),
        priced_at_ms=NOW,
        tries=1,
        payment_id="i1",
    )
    with stage.store.write() as work:
        work.claims.add(claim_of(stage), now_ms=NOW)
        claiming = work.claims.move(learnt, after="claiming", now_ms=NOW + 1)
        assert claiming == replace(learnt, state="claiming")
        ended = replace(claiming, value=MOST_BASE_UNITS, received=0, cost_wei=2**200, claim_tx=b"\2" * 32)
        assert work.claims.move(ended, after="claimed", now_ms=NOW + 2).state == "claimed"
    for wrong, after in ((learnt, "claiming"), (replace(learnt, state="claimed"), "found"), (learnt, "claimed")):
        with pytest.raises(IllegalMove), stage.store.write() as work:
            work.claims.move(wrong, after=after, now_ms=NOW)


def test_a_persona_has_one_wallet_a_chain_and_loses_it_when_it_leaves(stage: Stage) -> None:
    add_wallet(stage)
    add_wallet(stage, "w2", address=BOB, chain_id=5)
    persona = stage.persona()
    with stage.store.write() as work:
        work.personas.add(persona, now_ms=NOW)
        work.claim_rules.link(PersonaWallet(persona.id, "w1", 1, is_claiming=False))
        work.claim_rules.link(PersonaWallet(persona.id, "w1", 1, recipient=BOB))
        work.claim_rules.link(PersonaWallet(persona.id, "w2", 5))
    with stage.store.write() as work:
        links = work.claim_rules.wallets_of([persona.id])
        assert links == (PersonaWallet(persona.id, "w1", 1, recipient=BOB), PersonaWallet(persona.id, "w2", 5))
        assert work.claim_rules.unlink(persona.id, wallet_id="w2")
        assert not work.claim_rules.unlink(persona.id, wallet_id="w2")
        work.personas.erase(persona.id)
        assert work.claim_rules.wallets_of([persona.id]) == ()


def test_what_a_share_is_worth_is_said_by_wallet_and_token(stage: Stage) -> None:
    add_wallet(stage)
    with stage.store.write() as work:
        work.claim_rules.set_floor("w1", ClaimFloor(NATIVE, 1, 2))
        work.claim_rules.set_floor("w1", ClaimFloor(NATIVE, MOST_BASE_UNITS, 3))
        work.claim_rules.set_floor("w1", ClaimFloor(BOB, 4, 5))
        floors = work.claim_rules.floors("w1")
        assert floors == {NATIVE: ClaimFloor(NATIVE, MOST_BASE_UNITS, 3), BOB: ClaimFloor(BOB, 4, 5)}
        assert work.claim_rules.floors("w2") == {}
