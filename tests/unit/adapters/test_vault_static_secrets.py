"""What the vault remembers of v38 authors: right, bounded, gone with the persona."""

from __future__ import annotations

import pytest

from maskbot.adapters.vault.static_secrets import StaticSecrets
from maskbot.domain.errors import Refused
from maskbot.wire.crypto import InvalidKey, ecdh_x, public_key_of, sha256
from tests.unit.adapters.test_vault import sealed_for_alice
from tests.unit.adapters.vault_stage import PRIVATE, PUBLIC, make_alice, vault_stage

AUTHORS = [public_key_of(sha256(bytes([n]))) for n in range(4)]


def test_the_remembered_secret_is_the_one_of_the_curve() -> None:
    statics = StaticSecrets()
    for _ in range(2):
        assert statics.agree(PRIVATE, AUTHORS[0], public_key=PUBLIC) == ecdh_x(PRIVATE, AUTHORS[0])
    assert len(statics) == 1


def test_the_least_used_is_forgotten_first() -> None:
    statics = StaticSecrets(most=2)
    for author in (AUTHORS[0], AUTHORS[1], AUTHORS[0], AUTHORS[2]):
        statics.agree(PRIVATE, author, public_key=PUBLIC)
    assert len(statics) == 2
    assert statics.agree(bytes(32), AUTHORS[0], public_key=PUBLIC) == ecdh_x(PRIVATE, AUTHORS[0])
    with pytest.raises(InvalidKey):  # forgotten: the curve is asked again, with a key that is none
        statics.agree(bytes(32), AUTHORS[1], public_key=PUBLIC)


def test_a_key_that_is_no_point_is_not_remembered() -> None:
    statics = StaticSecrets()
    with pytest.raises(InvalidKey):
        statics.agree(PRIVATE, b"\x02" + b"\xff" * 32, public_key=PUBLIC)
    assert len(statics) == 0


def test_one_personas_secrets_are_forgotten_without_the_others() -> None:
    statics = StaticSecrets()
    other = sha256(b"other")
    statics.agree(PRIVATE, AUTHORS[0], public_key=PUBLIC)
    statics.agree(other, AUTHORS[0], public_key=public_key_of(other))
    statics.forget(PUBLIC)
    assert len(statics) == 1


@pytest.mark.parametrize("is_remote", [False, True])
def test_a_second_post_of_an_author_opens_and_an_erased_persona_opens_none(is_remote: bool) -> None:
    one, post_key = sealed_for_alice(-38)
    with vault_stage(is_remote=is_remote) as stage:
        make_alice(stage)
        assert stage.vault.unseal(persona_id="alice", tries=[one]) == (post_key,)
        assert stage.vault.unseal(persona_id="alice", tries=[one, one]) == (post_key, post_key)
        stage.vault.erase(persona_id="alice")
        with pytest.raises(Refused):
            stage.vault.unseal(persona_id="alice", tries=[one])
