"""Giveaways, their entrants and prizes (reliability.md C.2, C.5, R35)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.nullable import address_or_none, bytes_or_none
from maskbot.adapters.store.tables_giveaway import entrant as entrants
from maskbot.adapters.store.tables_giveaway import entry_refusal, prize
from maskbot.adapters.store.tables_giveaway import giveaway as giveaways
from maskbot.adapters.store.value_json import DamagedRow, dump_value, load_value
from maskbot.domain.eligibility import EntryRefusal
from maskbot.domain.giveaway import GIVEAWAY, PRIZE, Entrant, Giveaway, Prize, Rules
from maskbot.domain.identity import PersonId, Platform
from maskbot.domain.money import Address
from maskbot.ports.giveaways import EntrantsFixed

_MOST_LISTED = 1_000
_CHUNK = 500


class SqlGiveaways:
    """Implements `ports.giveaways.Giveaways`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, giveaway: Giveaway, *, now_ms: int) -> None:
        """See `ports.giveaways.Giveaways.add`."""
        self._connection.execute(
            giveaways.insert(),
            {
                "id": giveaway.id,
                "tenant_id": giveaway.tenant_id,
                "code": giveaway.rules.code,
                "rules": dump_value(giveaway.rules, Rules),
                "rules_hash": giveaway.rules.hash,
                "account_ids": dump_value(giveaway.account_ids, tuple[str, ...]),
                "wallet_id": giveaway.wallet_id,
                "refund_to": giveaway.refund_to,
                "created_at_ms": now_ms,
                **_changing(giveaway, now_ms=now_ms),
            },
        )

    def load(self, giveaway_id: str, *, is_locked: bool = False) -> Giveaway | None:
        """See `ports.giveaways.Giveaways.load`."""
        statement = select(giveaways).where(giveaways.c.id == giveaway_id)
        row = self._connection.execute(statement.with_for_update() if is_locked else statement).one_or_none()
        return None if row is None else _giveaway(row)

    def of_tenant(
        self, tenant_id: str, *, states: Collection[str] | None = None, codes: Collection[str] | None = None
    ) -> tuple[Giveaway, ...]:
        """See `ports.giveaways.Giveaways.of_tenant`."""
        statement = select(giveaways).where(giveaways.c.tenant_id == tenant_id)
        if states is not None:
            statement = statement.where(giveaways.c.state.in_(sorted(states)))
        if codes is not None:
            statement = statement.where(giveaways.c.code.in_(sorted(codes)))
        rows = self._connection.execute(statement.order_by(giveaways.c.id.desc()).limit(_MOST_LISTED))
        return tuple(_giveaway(row) for row in rows)

    def move(self, giveaway: Giveaway, *, after: str, now_ms: int) -> Giveaway:
        """See `ports.giveaways.Giveaways.move`."""
        if not GIVEAWAY.allows(giveaway.state, after):
            raise IllegalMove(f"a giveaway cannot go from {giveaway.state} to {after}")
        moved = replace(giveaway, state=after)
        changed = self._connection.execute(
            update(giveaways)
            .where(giveaways.c.id == giveaway.id, giveaways.c.state == giveaway.state)
            .values(_changing(moved, now_ms=now_ms))
        )
        if changed.rowcount != 1:
            raise IllegalMove(f"the giveaway {giveaway.rules.code} is not {giveaway.state} any more")
        return moved

    def save_beacon(self, giveaway_id: str, *, value: bytes) -> None:
        """See `ports.giveaways.Giveaways.save_beacon`."""
        changed = self._connection.execute(
            update(giveaways)
            .where(
                giveaways.c.id == giveaway_id,
                giveaways.c.state == "closed",
                giveaways.c.beacon_value.is_(None) | (giveaways.c.beacon_value == value),
            )
            .values(beacon_value=value)
        )
        if changed.rowcount != 1:
            raise IllegalMove("only a closed giveaway takes a beacon's value, and only one")


class SqlEntrants:
    """Implements `ports.giveaways.Entrants`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, giveaway_id: str, entrant: Entrant, *, now_ms: int) -> None:
        """See `ports.giveaways.Entrants.add`."""
        state = self._connection.execute(
            select(giveaways.c.state).where(giveaways.c.id == giveaway_id).with_for_update(read=True)
        ).scalar_one_or_none()
        if state != "open":
            raise EntrantsFixed("the giveaway is not open: its entrants do not change any more")
        self._connection.execute(
            entrants.insert(),
            {
                "giveaway_id": giveaway_id,
                "entrant_id": entrant.id,
                "person": entrant.person,
                "platform": entrant.platform.value,
                "handle": entrant.handle,
                "address": bytes(entrant.address),
                "account_id": entrant.account_id,
                "post_id": entrant.post_id,
                "persona_id": entrant.persona_id,
                "entered_at_ms": entrant.entered_at_ms,
                "recorded_at_ms": now_ms,
            },
        )

    def load(self, giveaway_id: str) -> tuple[Entrant, ...]:
        """See `ports.giveaways.Entrants.load`."""
        rows = self._connection.execute(
            select(entrants)
            .where(entrants.c.giveaway_id == giveaway_id)
            .order_by(entrants.c.entered_at_ms, entrants.c.entrant_id)
        )
        return tuple(_entrant(row) for row in rows)

    def find(
        self, giveaway_id: str, *, person: PersonId | None = None, address: Address | None = None
    ) -> Entrant | None:
        """See `ports.giveaways.Entrants.find`."""
        wanted = entrants.c.person == person if person is not None else entrants.c.address == address
        row = self._connection.execute(
            select(entrants).where(entrants.c.giveaway_id == giveaway_id, wanted)
        ).one_or_none()
        return None if row is None else _entrant(row)

    def refuse(self, giveaway_id: str, *, entrant_id: bytes, reason: EntryRefusal, now_ms: int) -> None:
        """See `ports.giveaways.Entrants.refuse`."""
        self._connection.execute(
            upsert(entry_refusal).on_conflict_do_nothing(index_elements=["giveaway_id", "entrant_id", "reason"]),
            {
                "giveaway_id": giveaway_id,
                "entrant_id": entrant_id,
                "reason": reason.value,
                "refused_at_ms": now_ms,
            },
        )

    def refusals(self, giveaway_id: str) -> Mapping[str, int]:
        """See `ports.giveaways.Entrants.refusals`."""
        rows = self._connection.execute(
            select(entry_refusal.c.reason, func.count())
            .where(entry_refusal.c.giveaway_id == giveaway_id)
            .group_by(entry_refusal.c.reason)
        )
        return {reason: int(count) for reason, count in rows}


class SqlPrizes:
    """Implements `ports.giveaways.Prizes`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, giveaway_id: str, prizes: Sequence[Prize]) -> None:
        """See `ports.giveaways.Prizes.add`."""
        rows = [
            {
                "giveaway_id": giveaway_id,
                "rank": each.rank,
                "entrant_id": each.entrant_id,
                "address": bytes(each.address),
                "base_units": str(each.base_units),
                "state": each.state,
                "payment_id": each.payment_id,
                "tx_hash": each.tx_hash,
            }
            for each in prizes
        ]
        for start in range(0, len(rows), _CHUNK):
            self._connection.execute(prize.insert(), rows[start : start + _CHUNK])

    def load(self, giveaway_id: str) -> tuple[Prize, ...]:
        """See `ports.giveaways.Prizes.load`."""
        rows = self._connection.execute(select(prize).where(prize.c.giveaway_id == giveaway_id).order_by(prize.c.rank))
        return tuple(
            Prize(
                rank=row.rank,
                entrant_id=bytes(row.entrant_id),
                address=Address(bytes(row.address)),
                base_units=int(row.base_units),
                state=row.state,
                payment_id=row.payment_id,
                tx_hash=bytes_or_none(row.tx_hash),
            )
            for row in rows
        )

    def move(self, giveaway_id: str, prize: Prize, *, after: str) -> None:
        """See `ports.giveaways.Prizes.move`."""
        if not PRIZE.allows(prize.state, after):
            raise IllegalMove(f"a prize cannot go from {prize.state} to {after}")
        changed = self._connection.execute(
            update(_prize)
            .where(_prize.c.giveaway_id == giveaway_id, _prize.c.rank == prize.rank, _prize.c.state == prize.state)
            .values(state=after, payment_id=prize.payment_id, tx_hash=prize.tx_hash)
        )
        if changed.rowcount != 1:
            raise IllegalMove(f"the prize of rank {prize.rank} is not {prize.state} any more")


_prize = prize  # a method's argument has the table's name


def _changing(giveaway: Giveaway, *, now_ms: int) -> dict[str, Any]:  # one column's value each
    return {
        "state": giveaway.state,
        "funded": str(giveaway.funded),
        "refunded": str(giveaway.refunded),
        "refund_id": giveaway.refund_id,
        "root": giveaway.root,
        "entrant_count": giveaway.entrant_count,
        "beacon_value": giveaway.beacon_value,
        "server_seed": giveaway.server_seed,
        "updated_at_ms": now_ms,
    }


def _giveaway(row: Row[Any]) -> Giveaway:
    rules: Rules = load_value(row.rules, Rules)
    if rules.hash != bytes(row.rules_hash):
        raise DamagedRow(f"the rules of the giveaway {row.code} are not those that were published")
    return Giveaway(
        id=row.id,
        tenant_id=row.tenant_id,
        rules=rules,
        state=row.state,
        account_ids=load_value(row.account_ids, tuple[str, ...]),
        wallet_id=row.wallet_id,
        refund_to=address_or_none(row.refund_to),
        funded=int(row.funded),
        refunded=int(row.refunded),
        refund_id=row.refund_id,
        root=bytes_or_none(row.root),
        entrant_count=row.entrant_count,
        beacon_value=bytes_or_none(row.beacon_value),
        server_seed=bytes(row.server_seed),
    )


def _entrant(row: Row[Any]) -> Entrant:
    return Entrant(
        id=bytes(row.entrant_id),
        person=PersonId(row.person),
        platform=Platform(row.platform),
        handle=row.handle,
        address=Address(bytes(row.address)),
        account_id=row.account_id,
        post_id=row.post_id,
        persona_id=row.persona_id,
        entered_at_ms=row.entered_at_ms,
    )
