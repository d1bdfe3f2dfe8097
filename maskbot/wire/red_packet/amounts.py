"""How much a share is worth (red-packets.md 2.5): known for equal packets, bounded for random ones. Base units throughout."""

from __future__ import annotations


def next_equal_share(*, rest: int, left: int) -> int:
    """The next share of an equal packet: floor(rest / left); the last one takes all.

    >>> next_equal_share(rest=10**18 + 1, left=3)
    333333333333333333
    """
    _check(rest, left)
    return rest // left


def equal_shares(*, total: int, shares: int) -> tuple[int, ...]:
    """All shares of an equal packet in the order they are taken; they add up to the total.

    >>> equal_shares(total=11, shares=3)
    (3, 4, 4)
    """
    _check(total, shares)
    found, rest = [], total
    for left in range(shares, 0, -1):
        share = rest // left
        found.append(share)
        rest -= share
    return tuple(found)


def random_share_bounds(*, rest: int, left: int) -> tuple[int, int]:
    """The least and the most that the next share of a random packet may be. Anyone can compute beforehand what comes: no lottery.

    >>> random_share_bounds(rest=10**18, left=3)
    (1, 666666666666666665)
    """
    _check(rest, left)
    if left == 1:
        return rest, rest
    return 1, max(1, 2 * rest // left - 1)


def _check(rest: int, left: int) -> None:
    if left < 1 or rest < left:
        raise ValueError("expected at least one share, and one base unit for each")
