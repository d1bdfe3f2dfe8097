"""Collected posts, the facts they wait for, the accounts and people they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from maskbot.domain.account import Account, Feed
from maskbot.domain.identity import PersonId
from maskbot.domain.mention import Mention, NewMention, Outcome
from maskbot.domain.request import Fact, Need


class Mentions(Protocol):
    """Collected posts."""

    def record(self, mentions: Sequence[NewMention], *, now_ms: int) -> tuple[str, ...]:
        """Store what is not stored yet (unique by account and root id, a watched post by its feed too); the ids of the new rows, in
        order. Own posts (author is one of our accounts on that platform and instance) are the caller's to leave out. A post
        without a conversation id gets that of the mention whose answer it replies to, else its own root id."""
        ...

    def load(self, ids: Sequence[str]) -> Mapping[str, Mention]:
        """The mentions with these ids; missing ids are left out."""
        ...

    def settle(self, outcomes: Sequence[Outcome], *, now_ms: int) -> None:
        """Record what became of them. An illegal move (domain.states.MENTION) is a Refused (kind IllegalMove)."""
        ...

    def forget(self, *, account_id: str, root_id: str) -> None:
        """The post was deleted on its platform: erase its text and everything opened from it; keep the ids (X rule: 24 h). A reply
        that is not out yet expires."""
        ...

    def mark_opened(self, mention_id: str, *, inbox_id: str) -> None:
        """Remember what the payload of this mention opened to."""
        ...


class FactStore(Protocol):
    """Facts fetched for mentions that wait for them."""

    def missing(self, mention_id: str, needs: Sequence[Need]) -> None:
        """Record needs to be fetched."""
        ...

    def load_needs(self, mention_id: str) -> tuple[Need, ...]:
        """The needs not fetched yet."""
        ...

    def save(self, mention_id: str, *, facts: Mapping[Need, Fact]) -> None:
        """Record what was found."""
        ...

    def load(self, mention_ids: Sequence[str]) -> Mapping[str, Mapping[Need, Fact]]:
        """The facts found for each mention."""
        ...


class Accounts(Protocol):
    """Hosting accounts and their feeds. (Tokens lie in the `secret` column, sealed by the vault.)"""

    def load(self, ids: Sequence[str] | None = None) -> Mapping[str, Account]:
        """Accounts by id; all when `ids` is None."""
        ...

    def load_token(self, account_id: str) -> bytes:
        """The sealed token of the account; its Place is ("account", account id, tenant id, "token")."""
        ...

    def feeds(self, account_id: str | None = None) -> tuple[Feed, ...]:
        """The feeds of one account, or of all."""
        ...

    def advance(self, feed_id: str, *, cursor: str) -> None:
        """Move a feed's cursor."""
        ...

    def set_state(self, account_id: str, *, state: str, reason: str) -> None:
        """active, paused or broken (token refused), with the reason shown to the operator."""
        ...


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a person may still get on one account: `answers` whole tokens left; opted out or not; answers in this thread so far."""

    answers: int
    is_opted_out: bool
    in_thread: int
    last_help_ms: int | None


class People(Protocol):
    """Opt-outs and answer limits, by person."""

    def allowances(
        self, asked: Sequence[tuple[str, PersonId, str | None]], *, burst: int, refill_ms: int, now_ms: int
    ) -> Mapping[tuple[str, PersonId, str | None], Allowance]:
        """For each (account id, person, conversation id)."""
        ...

    def spend(
        self,
        asked: Sequence[tuple[str, PersonId, str | None]],
        *,
        burst: int,
        refill_ms: int,
        now_ms: int,
        is_help: bool = False,
    ) -> None:
        """Count one answer for each."""
        ...

    def opt_out(self, tenant_id: str, person: PersonId, *, now_ms: int) -> None:
        """Remember that this person wants no answers. Kept for ever."""
        ...

    def opt_in(self, tenant_id: str, person: PersonId) -> None:
        """Undo `opt_out`."""
        ...
