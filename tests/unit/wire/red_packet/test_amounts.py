"""Shares add up to the total, and random ones stay within the contract's bounds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.red_packet.amounts import equal_shares, next_equal_share, random_share_bounds

sizes = st.tuples(st.integers(1, 500), st.integers(500, 2**96 - 1))


@given(sizes)
def test_equal_shares_add_up_and_differ_by_one_at_most(size: tuple[int, int]) -> None:
    shares, total = size
    found = equal_shares(total=total, shares=shares)
    assert sum(found) == total
    assert max(found) - min(found) <= 1
    assert found[0] == next_equal_share(rest=total, left=shares)


@given(sizes, st.data())
def test_random_shares_leave_one_unit_for_each_later_share(size: tuple[int, int], data: st.DataObject) -> None:
    left, rest = size
    while left:
        least, most = random_share_bounds(rest=rest, left=left)
        taken = data.draw(st.sampled_from((least, most)))
        rest, left = rest - taken, left - 1
        assert rest >= left
    assert rest == 0


def test_a_packet_has_shares_and_a_unit_for_each() -> None:
    for rest, left in ((0, 1), (1, 0), (1, 2)):
        with pytest.raises(ValueError, match="at least one"):
            random_share_bounds(rest=rest, left=left)
