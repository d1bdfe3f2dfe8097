"""How several nodes become one answer: no minority decides, and no single liar moves a number up (reliability.md E12)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.adapters.evm.errors import NodeUnreachable, SendAnswer
from maskbot.adapters.evm.quorum import agreed, middle_low, vouched
from maskbot.adapters.evm.sending import merge_answers
from maskbot.domain.errors import MaskbotError, Refused, Unavailable, Unconfirmed
from maskbot.ports.chain import InsufficientFunds, NodesDisagree, NonceTooLow, Underpriced

answers = st.lists(st.one_of(st.integers(0, 3), st.builds(NodeUnreachable, st.just("down"))), min_size=1, max_size=5)


@given(answers, st.integers(1, 5))
def test_what_is_agreed_was_said_by_a_quorum_and_by_nobody_else_as_often(
    said: list[int | MaskbotError], quorum: int
) -> None:
    try:
        found = agreed(said, quorum=quorum)
    except Unavailable:
        return
    assert said.count(found) >= quorum
    assert all(said.count(other) < said.count(found) for other in said if isinstance(other, int) and other != found)


@given(answers, st.integers(1, 5))
def test_a_number_counts_as_far_as_a_quorum_vouches_for_it(said: list[int | MaskbotError], quorum: int) -> None:
    try:
        found = vouched(said, quorum=quorum)
    except Unavailable:
        return
    assert sum(1 for one in said if isinstance(one, int) and one >= found) >= quorum


def test_half_against_half_is_no_answer() -> None:
    with pytest.raises(NodesDisagree):
        agreed([1, 1, 2, 2], quorum=2)
    with pytest.raises(NodesDisagree):
        agreed([1, 2], quorum=1)
    assert agreed([1, 2, 1], quorum=2) == 1


def test_nothing_known_and_nothing_heard_are_told_apart() -> None:
    assert agreed([None, None], quorum=2) is None
    with pytest.raises(NodeUnreachable):
        agreed([None, NodeUnreachable("down")], quorum=2)


def test_one_dear_node_does_not_raise_a_fee() -> None:
    assert middle_low([5]) == 5
    assert middle_low([5, 10**27]) == 5
    assert middle_low([10**27, 5, 6]) == 6


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ([SendAnswer.UNKNOWN, SendAnswer.NONCE_TOO_LOW], Unconfirmed),
        ([SendAnswer.UNREACHABLE, SendAnswer.UNREACHABLE], NodeUnreachable),
        ([SendAnswer.UNREACHABLE, SendAnswer.UNDERPRICED], Underpriced),
        ([SendAnswer.INSUFFICIENT_FUNDS, SendAnswer.NONCE_TOO_LOW], NonceTooLow),
        ([SendAnswer.REFUSED, SendAnswer.INSUFFICIENT_FUNDS], InsufficientFunds),
        ([SendAnswer.NONCE_TOO_HIGH], Refused),
    ],
)
def test_what_must_be_looked_into_first_decides(said: list[SendAnswer], error: type[MaskbotError]) -> None:
    with pytest.raises(error):
        merge_answers(said)


@given(st.lists(st.sampled_from(SendAnswer)))
def test_one_node_that_took_it_is_enough(said: list[SendAnswer]) -> None:
    merge_answers([*said, SendAnswer.TAKEN])
