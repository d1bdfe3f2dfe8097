"""Next.ID answers are checked before anything becomes a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from maskbot.adapters.next_id import NextId
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.wire.crypto.secp256k1 import public_key_of, uncompress
from tests.unit.adapters.market_sites import Sites, running_sites

KEY = public_key_of(bytes([0] * 31 + [7]))
OTHER = public_key_of(bytes([0] * 31 + [8]))


@pytest.fixture
def sites() -> Iterator[Sites]:
    with running_sites() as running:
        yield running


def _proof(persona: str, **more: Any) -> dict[str, Any]:
    proof = {"platform": "twitter", "identity": "alice", "is_valid": True, **more}
    return {"persona": persona, "proofs": [proof]}


def _found(sites: Sites, *ids: Any) -> tuple[bytes, ...]:
    sites.put("/v1/proof", {"pagination": {"total": 1, "per": 20, "current": 1, "next": 0}, "ids": list(ids)})
    return NextId(sites.url).fetch_keys(platform="twitter", identity="Alice")


def test_valid_proofs_of_the_asked_identity_give_keys(sites: Sites) -> None:
    assert _found(sites, _proof("0x" + KEY.hex()), _proof("0x" + uncompress(OTHER).hex())) == (KEY, OTHER)


@pytest.mark.parametrize(
    "entry",
    [
        _proof("0x" + KEY.hex(), identity="alice2"),
        _proof("0x" + KEY.hex(), is_valid=False),
        _proof("0x" + KEY.hex(), is_valid="true"),
        _proof("0x" + KEY.hex(), platform="github"),
        _proof("0x02" + "ff" * 32),
        _proof("0x06" + uncompress(KEY).hex()[2:]),
        _proof("zz" * 33),
        _proof("0x" + "ab" * 1000),
        {"persona": None, "proofs": None},
        [],
        "x",
    ],
)
def test_anything_else_gives_no_key(sites: Sites, entry: Any) -> None:
    assert _found(sites, entry) == ()


def test_an_unknown_person_has_no_keys(sites: Sites) -> None:
    assert NextId(sites.url).fetch_keys(platform="twitter", identity="nobody") == ()


def test_a_refusing_service_is_unavailable(sites: Sites) -> None:
    sites.put("/v1/proof", {}, status=500)
    with pytest.raises(Unavailable, match="500"):
        NextId(sites.url).fetch_keys(platform="twitter", identity="alice")


@pytest.mark.parametrize("body", [b"[]", b"{", b"[" * 50_000, b"\xff", b'{"pagination":7}'])
def test_a_broken_answer_is_malformed(sites: Sites, body: bytes) -> None:
    sites.put("/v1/proof", body)
    with pytest.raises(Malformed):
        NextId(sites.url).fetch_keys(platform="twitter", identity="alice")


def test_an_endless_answer_is_cut(sites: Sites) -> None:
    sites.put("/v1/proof", b'{"a":"' + b"x" * 400_000 + b'"}')
    with pytest.raises(Unavailable):
        NextId(sites.url).fetch_keys(platform="twitter", identity="alice")


def test_a_silent_host_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        NextId("http://127.0.0.1:9").fetch_keys(platform="twitter", identity="alice")
