"""Buckets and node names of key records, against what the extension asked its graph for."""

from __future__ import annotations

import pytest

from maskbot.wire.crypto import public_from_jwk
from maskbot.wire.gun import (
    EphemeralKey,
    UnknownNetwork,
    old_read_paths,
    post_bucket,
    read_paths,
    recipient_bucket,
    v37_item,
    v38_item,
    v40_path,
    write_path,
    write_path_of,
)
from tests.unit.wire.gun import vectors

CASES = vectors.load("gun-keys.json")["cases"]


def where(case: vectors.Case) -> tuple[str, bytes, bytes]:
    recipient = public_from_jwk(case["recipient_public_jwk_exported"])
    return f"{case['network']}.com", bytes.fromhex(case["post_iv_hex"]), recipient


def asked(case: vectors.Case, name: str) -> set[tuple[str, ...]]:
    return {tuple(operation["path"]) for operation in case[name] if operation["op"] == "get"}


@pytest.mark.parametrize("case", CASES)
def test_records_are_written_where_the_extension_writes_them(case: vectors.Case) -> None:
    network, post_iv, recipient = where(case)
    sealed, iv = bytes.fromhex(case["wrapped_key_hex"]), bytes.fromhex(case["wrap_iv_hex"])
    ephemeral = EphemeralKey(2, bytes.fromhex(case["ephemeral_public_raw_hex"]))
    v37 = list(write_path(-37, network=network, post_iv=post_iv, recipient=recipient))
    v38 = list(write_path(-38, network=network, post_iv=post_iv, recipient=recipient))

    def pushed(name: str) -> dict[str, object]:
        return {key: case[name][0][key] for key in ("path", "data")}

    assert {"path": v38, "data": v38_item(sealed=sealed, iv=iv)} == pushed("v38_write")
    assert {"path": v37, "data": v37_item(sealed=sealed, ephemeral=None)} == pushed("v37_write_first")
    appended = {"path": v37, "data": v37_item(sealed=sealed, ephemeral=ephemeral)}
    assert appended == pushed("v37_write_append_with_ephemeral")


@pytest.mark.parametrize("case", CASES)
def test_records_are_looked_for_where_the_extension_looks(case: vectors.Case) -> None:
    network, post_iv, recipient = where(case)
    for version in (-37, -38, -39):
        found = read_paths(version, network=network, post_iv=post_iv, recipient=recipient)
        assert set(found) == asked(case, f"v{-version}_read")
    name = v40_path(post_iv=post_iv, user_id="alice.name")
    assert list(name) == case["v40_read_for_user_alice_name"][0]["path"]


def test_x_is_twitter_and_other_sites_are_refused() -> None:
    network, post_iv, recipient = where(CASES[0])
    assert network == "twitter.com"
    assert write_path(-37, network="x.com", post_iv=post_iv, recipient=recipient) == write_path(
        -37, network=network, post_iv=post_iv, recipient=recipient
    )
    with pytest.raises(UnknownNetwork):
        write_path(-37, network="mastodon.example", post_iv=post_iv, recipient=recipient)


def test_posts_of_older_builds_are_looked_for_under_the_domain() -> None:
    _, post_iv, recipient = where(CASES[0])
    owner = recipient_bucket(recipient, version=-38)
    on_instagram = old_read_paths(-38, network="instagram.com", post_iv=post_iv, recipient=recipient)

    assert on_instagram == (("instagram.com-bl", owner), ("instagram.combl", owner))
    assert old_read_paths(-38, network="twitter.com", post_iv=post_iv, recipient=recipient) == (
        ("twitter.com-bl", owner),
    )
    assert old_read_paths(-37, network="twitter.com", post_iv=post_iv, recipient=recipient) == ()


def test_stored_buckets_give_the_same_path_as_hashing() -> None:
    network, post_iv, recipient = where(CASES[0])
    for version in (-37, -38):
        owner = recipient_bucket(recipient, version=version)
        path = write_path_of(version, network=network, post=post_bucket(post_iv), owner=owner)
        assert path == write_path(version, network=network, post_iv=post_iv, recipient=recipient)
