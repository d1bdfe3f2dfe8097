"""Proof posts and contacts by way of Next.ID: a service on loopback that may lie."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from maskbot.wire.crypto.secp256k1 import public_key_of
from maskbot.wire.persona import ProofPost, proven_key, read_proof_post
from tests.unit.adapters.market_sites import Sites, running_sites
from tests.unit.cli.operator import Operator, operator_at_work

KEYS = [public_key_of(bytes([0] * 31 + [n])).hex() for n in (7, 8)]


@pytest.fixture
def sites() -> Iterator[Sites]:
    with running_sites() as running:
        yield running


@pytest.fixture
def operator(sites: Sites) -> Iterator[Operator]:
    with operator_at_work(next_id_base_url=sites.url) as working:
        working.run("persona", "new", "alpha")
        yield working


def _offer(sites: Sites, **more: object) -> None:
    payload = json.dumps(
        {"action": "create", "prev": None, "uuid": "u-1", "created_at": "1700000000", "identity": "mallory"}
    )
    sites.put("/v1/proof/payload", {"uuid": "u-1", "created_at": "1700000000", "sign_payload": payload, **more})


def test_a_proof_post_is_signed_by_the_persona_for_this_handle_whatever_the_service_wants_signed(
    operator: Operator, sites: Sites
) -> None:
    _offer(sites)
    made = operator.run("persona", "show", "alpha", "--json").json
    text = operator.run("persona", "publish", "proof", "alpha", "@Alice", "--json").json["text"]
    post = read_proof_post(text)
    assert isinstance(post, ProofPost)
    assert proven_key(post, platform="twitter", identity="alice").hex() == made["public_key"][2:]
    assert sites.posted[0][1]["public_key"] == made["public_key"]

    sites.put("/v1/proof", {}, status=201)
    confirm = ("persona", "publish", "confirm", "alpha", "alice", "12345", "--file", "-")
    assert operator.run(*confirm, stdin=text).status == 0
    told = sites.posted[-1][1]
    assert (told["proof_location"], told["uuid"], told["identity"]) == ("12345", "u-1", "alice")
    other = operator.run("persona", "publish", "confirm", "alpha", "bob", "12345", "--file", "-", stdin=text)
    assert other.status == 3


@pytest.mark.parametrize(
    "change",
    [{"uuid": 7}, {"uuid": "x" * 100}, {"created_at": "soon"}, {"created_at": "١٢"}, {"sign_payload": '{"prev": 7}'}],
)
def test_an_odd_offer_is_malformed(operator: Operator, sites: Sites, change: dict[str, object]) -> None:
    _offer(sites, **change)
    assert operator.run("persona", "publish", "proof", "alpha", "alice").status == 2


def test_a_refusal_of_the_service_is_told(operator: Operator, sites: Sites) -> None:
    sites.put("/v1/proof/payload", {"message": "no such platform"}, status=400)
    ran = operator.run("persona", "publish", "proof", "alpha", "alice")
    assert ran.status == 3
    assert "no such platform" in ran.err


def _prove(sites: Sites, *keys: str) -> None:
    proof = {"platform": "twitter", "identity": "alice", "is_valid": True}
    ids = [{"persona": "0x" + key, "proofs": [proof]} for key in keys]
    sites.put("/v1/proof", {"pagination": {"next": 0}, "ids": ids})


def test_a_contact_is_found_and_a_changed_key_is_flagged(operator: Operator, sites: Sites) -> None:
    _prove(sites, KEYS[0])
    assert operator.run("contact", "add", "Alice", "--json").json["source"] == "next_id"
    _prove(sites, KEYS[1])
    changed = operator.run("contact", "add", "Alice", "--json")
    assert changed.json["is_changed"] is True
    assert "ask them" in changed.err


def test_nobody_and_too_many_are_told(operator: Operator, sites: Sites) -> None:
    _prove(sites)
    assert operator.run("contact", "add", "alice").status == 3
    _prove(sites, *KEYS)
    several = operator.run("contact", "add", "alice")
    assert several.status == 3
    assert "--key" in several.err
