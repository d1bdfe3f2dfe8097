"""The outbox (reliability.md C.4): drafts on their way to a platform, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import BindParameter, Connection, Row, Update, bindparam, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.errors import IllegalMove
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.post_json import dump_draft, load_draft
from maskbot.adapters.store.tables import mention
from maskbot.adapters.store.tables_outbox import delivery, picture
from maskbot.domain.delivery import Delivery, NewDelivery, idempotency_key
from maskbot.domain.identity import PersonId
from maskbot.domain.post import Picture
from maskbot.domain.states import DELIVERY

_ids: BindParameter[str] = bindparam("ids", expanding=True)
_ADD = upsert(delivery).on_conflict_do_nothing(index_elements=["account_id", "cause_id"])
_RECORDED = select(delivery.c.id).where(delivery.c.id.in_(_ids))
_LOAD = select(delivery).where(delivery.c.id.in_(_ids))
_PICTURES = select(picture).where(picture.c.delivery_id.in_(_ids)).order_by(picture.c.delivery_id, picture.c.ordinal)
_DROP_PICTURES = delete(picture).where(picture.c.delivery_id == bindparam("b_id"))
_REPLY_TO = (
    select(delivery.c.remote_id)
    .join(mention, mention.c.id == delivery.c.mention_id)
    .where(
        delivery.c.account_id == bindparam("account"),
        delivery.c.remote_id == bindparam("remote"),
        mention.c.person == bindparam("person"),
    )
)


def _move_to(after: str) -> Update:
    values: dict[str, object] = {
        "state": after,
        "updated_at_ms": bindparam("b_now"),
        "remote_id": func.coalesce(bindparam("b_remote", type_=delivery.c.remote_id.type), delivery.c.remote_id),
        "error_kind": bindparam("b_error"),
    }
    if after == "sending":
        values["sending_at_ms"] = bindparam("b_now")
    elif after == "unknown":
        values["unknown_since_ms"] = func.coalesce(delivery.c.unknown_since_ms, bindparam("b_now"))
        values["looks"] = case((delivery.c.state == "unknown", delivery.c.looks + 1), else_=delivery.c.looks)
    elif after == "queued":
        values |= {"unknown_since_ms": None, "looks": 0}
    return (
        update(delivery)
        .where(delivery.c.id == bindparam("b_id"), delivery.c.state == bindparam("b_before"))
        .values(values)
    )


_MOVE = {after: _move_to(after) for after in DELIVERY.moves}
_WITHOUT_PICTURES = frozenset({"sent", "failed", "cancelled", "deleted"})


class SqlDeliveries:
    """Implements `ports.store.Deliveries`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, deliveries: Sequence[NewDelivery], *, now_ms: int) -> tuple[str, ...]:
        """See `ports.store.Deliveries.add`."""
        if not deliveries:
            return ()
        ids = [new_id() for _ in deliveries]
        rows = [_row_of(new, id_=id_, now_ms=now_ms) for new, id_ in zip(deliveries, ids, strict=True)]
        self._connection.execute(_ADD, sorted(rows, key=lambda row: (str(row["account_id"]), str(row["cause_id"]))))
        recorded = set(self._connection.execute(_RECORDED, {"ids": ids}).scalars())
        pictures = [
            {"delivery_id": id_, "ordinal": ordinal, "png": one.png, "alt_text": one.alt_text}
            for new, id_ in zip(deliveries, ids, strict=True)
            if id_ in recorded
            for ordinal, one in enumerate(new.draft.pictures)
        ]
        if pictures:
            self._connection.execute(picture.insert(), pictures)
        return tuple(id_ if id_ in recorded else "" for id_ in ids)

    def load(self, ids: Sequence[str]) -> Mapping[str, Delivery]:
        """See `ports.store.Deliveries.load`. Pictures are dropped once a delivery has ended."""
        if not ids:
            return {}
        pictures: dict[str, list[Picture]] = {}
        for row in self._connection.execute(_PICTURES, {"ids": list(ids)}):
            pictures.setdefault(row.delivery_id, []).append(Picture(png=bytes(row.png), alt_text=row.alt_text))
        rows = self._connection.execute(_LOAD, {"ids": list(ids)})
        return {row.id: _delivery_of(row, pictures=tuple(pictures.get(row.id, ()))) for row in rows}

    def move(
        self,
        delivery_id: str,
        *,
        before: str,
        after: str,
        now_ms: int,
        remote_id: str | None = None,
        error_kind: str | None = None,
    ) -> None:
        """See `ports.store.Deliveries.move`. From `unknown` to `unknown` counts a look; back to `queued` forgets the looks."""
        is_look = before == after == "unknown"
        if before not in DELIVERY.moves or not (is_look or DELIVERY.allows(before, after)):
            raise IllegalMove(f"a delivery cannot go from {before} to {after}")
        moved = self._connection.execute(
            _MOVE[after],
            {"b_id": delivery_id, "b_before": before, "b_now": now_ms, "b_remote": remote_id, "b_error": error_kind},
        )
        if moved.rowcount != 1:
            raise IllegalMove(f"the delivery is not {before}, so it does not become {after}")
        if after in _WITHOUT_PICTURES:
            self._connection.execute(_DROP_PICTURES, {"b_id": delivery_id})

    def reply_to(self, *, account_id: str, person: PersonId, remote_id: str) -> str | None:
        """See `ports.store.Deliveries.reply_to`."""
        values = {"account": account_id, "person": person, "remote": remote_id}
        return self._connection.execute(_REPLY_TO, values).scalar_one_or_none()


def _row_of(new: NewDelivery, *, id_: str, now_ms: int) -> dict[str, object]:
    return {
        "id": id_,
        "account_id": new.account_id,
        "tenant_id": new.tenant_id,
        "cause_id": new.cause_id,
        "key": idempotency_key(account_id=new.account_id, cause_id=new.cause_id),
        "draft": dump_draft(new.draft),
        "state": DELIVERY.first,
        "mention_id": new.mention_id,
        "broadcast_id": new.broadcast_id,
        "remote_id": None,
        "error_kind": None,
        "sending_at_ms": None,
        "unknown_since_ms": None,
        "looks": 0,
        "expires_at_ms": new.expires_at_ms,
        "created_at_ms": now_ms,
        "updated_at_ms": now_ms,
    }


def _delivery_of(row: Row[tuple[object, ...]], *, pictures: tuple[Picture, ...]) -> Delivery:
    return Delivery(
        id=row.id,
        account_id=row.account_id,
        tenant_id=row.tenant_id,
        key=row.key,
        draft=load_draft(row.draft, pictures=pictures),
        state=row.state,
        mention_id=row.mention_id,
        broadcast_id=row.broadcast_id,
        remote_id=row.remote_id,
        sending_at_ms=row.sending_at_ms,
        unknown_since_ms=row.unknown_since_ms,
        looks=row.looks,
        expires_at_ms=row.expires_at_ms,
        error_kind=row.error_kind,
    )
