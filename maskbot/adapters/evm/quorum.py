"""How several nodes become one answer (reliability.md E12). Pure: what each node said goes in as a value or an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from maskbot.domain.errors import MaskbotError, Unavailable
from maskbot.ports.chain import NodesDisagree

Said = TypeVar("Said")


def agreed(answers: Sequence[Said | MaskbotError], *, quorum: int) -> Said:
    """What at least `quorum` nodes say alike, when no other answer has as many.

    Raises:
        NodesDisagree: enough nodes answered, and not alike.
        MaskbotError: too few answered; the first node's error.
    """
    heard = _heard(answers, quorum=quorum)
    counts = [(sum(1 for other in heard if other == one), one) for one in heard]
    most = max(count for count, _ in counts)
    best = [one for count, one in counts if count == most]
    if most < quorum or any(one != best[0] for one in best):
        raise NodesDisagree(f"of {len(heard)} nodes, {most} at most say the same; {quorum} are needed")
    return best[0]


def vouched(answers: Sequence[int | MaskbotError], *, quorum: int) -> int:
    """The highest number that at least `quorum` nodes say is reached. Raises as `agreed` does."""
    return sorted(_heard(answers, quorum=quorum), reverse=True)[quorum - 1]


def middle_low(answers: Sequence[int]) -> int:
    """The middle number, the lower one of two: one liar among three moves nothing, and none moves it up."""
    return sorted(answers)[(len(answers) - 1) // 2]


def heard_of(answers: Sequence[Said | MaskbotError]) -> list[Said]:
    """The answers without the errors."""
    return [one for one in answers if not isinstance(one, MaskbotError)]


def _heard(answers: Sequence[Said | MaskbotError], *, quorum: int) -> list[Said]:
    heard = heard_of(answers)
    if len(heard) < quorum:
        failures = [one for one in answers if isinstance(one, MaskbotError)]
        raise failures[0] if failures else Unavailable("no node is set up")
    return heard
