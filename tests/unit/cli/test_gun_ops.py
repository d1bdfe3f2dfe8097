"""`gun.paths` and `gun.merge` against the vectors, and every mistake a request can hold."""

from __future__ import annotations

import json

import pytest

from maskbot.cli.conformance.fields import BadRequest
from maskbot.cli.conformance.gun_ops import OPS
from tests.unit.wire.gun import vectors

KEY_CASES = vectors.load("gun-keys.json")["cases"]
HAM_CASES = vectors.load("gun-ham.json")["cases"]
CLOCK = 1_800_000_000_000


def paths_request(case: vectors.Case) -> dict[str, object]:
    return {
        "op": "gun.paths",
        "network": f"{case['network']}.com",
        "post_iv": case["post_iv_hex"],
        "recipient": case["recipient_identifier"],
        "recipient_public_jwk": case["recipient_public_jwk_exported"],
        "wrapped_key": case["wrapped_key_hex"],
        "wrap_iv": case["wrap_iv_hex"],
        "ephemeral_public_key": case["ephemeral_public_raw_hex"],
        "user_id": "alice.name",
    }


def asked(case: vectors.Case, name: str) -> list[list[str]]:
    return sorted(operation["path"] for operation in case[name] if operation["op"] == "get")


@pytest.mark.parametrize("case", KEY_CASES)
def test_paths_are_those_of_the_extension(case: vectors.Case) -> None:
    answer = json.loads(json.dumps(OPS["gun.paths"](paths_request(case))))
    names = {"v38": "v38_write", "v37": "v37_write_first", "v37_append": "v37_write_append_with_ephemeral"}

    assert answer["write"] == {
        version: {key: case[name][0][key] for key in ("path", "data")} for version, name in names.items()
    }
    for version in ("v37", "v38", "v39"):
        assert sorted(answer["read"][version]) == asked(case, f"{version}_read")
    assert answer["read"]["v40"] == asked(case, "v40_read_for_user_alice_name")


@pytest.mark.parametrize("case", HAM_CASES)
def test_merges_are_those_of_the_real_core(case: vectors.Case) -> None:
    fields = ("known", "known_state", "incoming", "incoming_state")
    request: dict[str, object] = {**{name: case[name] for name in fields}, "clock": CLOCK}
    answer = OPS["gun.merge"](request)

    expected = {"value": case["result"], "state": case["result_state"], "deferred": False}
    assert json.dumps(answer) == json.dumps(expected)


def test_a_write_of_the_future_is_deferred() -> None:
    unknown: dict[str, object] = {"known": None, "known_state": None, "incoming": 1, "incoming_state": 11, "clock": 10}
    assert OPS["gun.merge"](unknown) == {"value": None, "state": None, "deferred": True}
    known = {**unknown, "known": "old", "known_state": 5}
    assert OPS["gun.merge"](known) == {"value": "old", "state": 5, "deferred": True}


@pytest.mark.parametrize(
    "change",
    [
        {"network": "mastodon.example"},
        {"network": None},
        {"post_iv": "00"},
        {"post_iv": "zz" * 16},
        {"recipient": "ec_key:secp256k1/AAAA"},
        {"recipient": KEY_CASES[4]["recipient_identifier"]},
        {"recipient_public_jwk": {}},
        {"recipient_public_jwk": "text"},
        {"wrap_iv": "00" * 15},
        {"ephemeral_public_key": "04"},
        {"user_id": 5},
        {"user_id": None},
    ],
)
def test_a_mistake_in_paths_is_a_bad_request(change: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        OPS["gun.paths"]({**paths_request(KEY_CASES[0]), **change})


@pytest.mark.parametrize(
    "change",
    [
        {"known": [1]},
        {"known": {"#": 5}},
        {"known": {"#": "a", "b": 1}},
        {"incoming_state": None},
        {"incoming_state": "5"},
        {"incoming_state": True},
        {"incoming_state": 10**400},
        {"known_state": float("inf")},
        {"clock": None},
    ],
)
def test_a_mistake_in_merge_is_a_bad_request(change: dict[str, object]) -> None:
    request: dict[str, object] = {"known": 1, "known_state": 1, "incoming": 2, "incoming_state": 2, "clock": 3}
    with pytest.raises(BadRequest):
        OPS["gun.merge"]({**request, **change})
