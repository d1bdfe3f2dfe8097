"""Lifecycle graphs as data: the states of each row and the legal moves; a graph checks itself when it is defined.

Source: reliability.md C.1, C.4, C.5.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """A directed graph of states: `moves[state]` are the states it may become; a state without moves is final."""

    name: str
    first: str
    moves: Mapping[str, frozenset[str]]

    def __post_init__(self) -> None:
        known = set(self.moves)
        for state, targets in self.moves.items():
            if not targets <= known:
                raise ValueError(f"{self.name}: {state} moves to unknown states {sorted(targets - known)}")
        reached, frontier = {self.first}, [self.first]
        while frontier:
            fresh = self.moves[frontier.pop()] - reached
            reached |= fresh
            frontier.extend(fresh)
        if reached != known:
            raise ValueError(f"{self.name}: states never reached: {sorted(known - reached)}")

    @property
    def final(self) -> frozenset[str]:
        """The states that nothing leaves."""
        return frozenset(state for state, targets in self.moves.items() if not targets)

    def allows(self, before: str, after: str) -> bool:
        """Whether the move is legal."""
        return after in self.moves[before]


def _graph(name: str, first: str, **moves: str) -> Lifecycle:
    return Lifecycle(name, first, {state: frozenset(targets.split()) for state, targets in moves.items()})


MENTION = _graph("mention", "new", new="waiting answered ignored rejected parked",
                 waiting="waiting answered ignored rejected parked",
                 answered="", ignored="", rejected="", parked="new")  # fmt: skip
"""`waiting`: facts from outside are being fetched; one may show that another is needed. `parked` goes back to `new` by
`maskbot mention replay` only."""

DELIVERY = _graph("delivery", "queued", queued="sending failed cancelled", sending="sent unknown queued failed",
                  unknown="unknown sent queued failed", sent="deleted", deleted="", failed="", cancelled="")  # fmt: skip
"""`sending` is committed before the HTTP call; `unknown` is searched for before it may become `queued` again."""

BROADCAST = _graph("broadcast", "planned", planned="sealed cancelled", sealed="published cancelled",
                   published="delivered cancelled", delivered="", cancelled="")  # fmt: skip
"""`published`: the key records are on the relays; only then are deliveries due."""

WALLET = _graph("wallet", "active", active="paused quarantined", paused="active quarantined", quarantined="active")
"""`quarantined`: somebody else spends from it, or an old backup was restored; only a person ends that (C.1, R14, R15)."""

PROPOSAL = _graph("proposal", "planned", planned="proposed executed replaced cancelled", proposed="confirmed executed replaced",
                  confirmed="executed replaced", executed="", replaced="", cancelled="")  # fmt: skip
"""`proposed`: our signature exists, so only the chain can end it. `replaced`: its nonce is used, and not by it. The chain ends what
is `planned` as well: the vault may refuse to sign while the owners go on."""

INTENT = _graph("intent", "planned", planned="approved rejected", approved="signed rejected",
                signed="broadcast unknown included cancelling quarantined",
                broadcast="unknown included cancelling quarantined", unknown="broadcast included cancelling quarantined",
                included="final reverted rejected broadcast cancelling quarantined", cancelling="included quarantined",
                quarantined="included rejected", final="", reverted="", rejected="")  # fmt: skip
"""C.3. `planned` with needed approvals waits for people. `included` falls back to `broadcast` (or `cancelling`) in a reorg;
`included` becomes `rejected` when what was mined, and is final, is the cancellation. Nothing leaves `reverted` by itself."""
