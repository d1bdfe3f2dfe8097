"""Names of approvers and the code of a payment: immutable ids only, and one code for one call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.approval import CODE_LETTERS, account_approver, approval_code, is_approver_name, typed_code
from maskbot.domain.identity import PersonId

DIGEST = bytes(32)


@pytest.mark.parametrize(
    "name",
    [
        "operator:bob",
        "key:0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf",
        "x:2244",
        "mastodon:https://social.example/users/alice",
        "mastodon:http://127.0.0.1:4000/users/alice",
    ],
)
def test_what_a_policy_can_list(name: str) -> None:
    assert is_approver_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "bob",
        "@bob",
        "x:bob",
        "x:@bob",
        "x:",
        "x:2244 ",
        "x:٢٢",
        "mastodon:alice@social.example",
        "mastodon:http://social.example/users/alice",
        "mastodon:http://127.0.0.1.evil.example/users/alice",
        "key:0x00",
        "operator:",
        "operator:a b",
    ],
)
def test_what_it_cannot(name: str) -> None:
    assert not is_approver_name(name)


def test_a_person_is_named_by_what_never_changes() -> None:
    assert account_approver(PersonId("x:2244")) == "x:2244"
    assert account_approver(PersonId("https://a.example/users/b")) == "mastodon:https://a.example/users/b"


@given(st.binary(min_size=32, max_size=32), st.text("0123456789abcdef-", min_size=36, max_size=36))
def test_another_payment_or_another_call_has_another_code(digest: bytes, id_: str) -> None:
    code = approval_code(id_, call_digest=digest)
    assert len(code) == CODE_LETTERS
    assert typed_code(code.upper().replace("0", "O").replace("1", "l")) == code
    assert approval_code(id_, call_digest=bytes(31) + b"\1") != code or digest == bytes(31) + b"\1"
    assert approval_code(id_[1:] + "x", call_digest=digest) != code


def test_the_code_of_a_known_payment_stays_what_it_is() -> None:
    """A value that people may have copied before an upgrade."""
    assert approval_code("0199c0de-0000-7000-8000-000000000000", call_digest=DIGEST) == "enrb8m1wdn"
