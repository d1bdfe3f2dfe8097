"""Opt-outs and answer limits by person (reliability.md E4): a token bucket kept as one number.

`full_at_ms` is when the bucket will be full again. Each answer moves it `refill_ms` further; `burst * refill_ms` is how far ahead
of now it may lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import BindParameter, Connection, bindparam, case, delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.columns import key_text
from maskbot.adapters.store.tables import account, answer_bucket, opt_out, thread_count
from maskbot.domain.identity import PersonId
from maskbot.ports.store import Allowance

_Asked = tuple[str, PersonId, str | None]

_people: BindParameter[str] = bindparam("people", expanding=True)
_accounts: BindParameter[str] = bindparam("accounts", expanding=True)
_BUCKETS = select(answer_bucket).where(answer_bucket.c.person.in_(_people), answer_bucket.c.account_id.in_(_accounts))
_OPTED_OUT = (
    select(account.c.id, opt_out.c.person)
    .join(opt_out, opt_out.c.tenant_id == account.c.tenant_id)
    .where(account.c.id.in_(_accounts), opt_out.c.person.in_(_people))
)
_THREADS = select(thread_count).where(
    thread_count.c.account_id.in_(_accounts),
    thread_count.c.conversation_id.in_(bindparam("conversations", expanding=True)),
)

_now = bindparam("b_now", type_=answer_bucket.c.full_at_ms.type)
_refill = bindparam("b_refill", type_=answer_bucket.c.full_at_ms.type)
_SPEND = upsert(answer_bucket).values(
    account_id=bindparam("account_id"),
    person=bindparam("person"),
    full_at_ms=_now + _refill,
    last_help_ms=bindparam("last_help_ms"),
)
_SPEND = _SPEND.on_conflict_do_update(
    index_elements=["account_id", "person"],
    set_={
        "full_at_ms": case((answer_bucket.c.full_at_ms > _now, answer_bucket.c.full_at_ms), else_=_now) + _refill,
        "last_help_ms": func.coalesce(_SPEND.excluded.last_help_ms, answer_bucket.c.last_help_ms),
    },
)
_COUNT = upsert(thread_count).values(
    account_id=bindparam("account_id"), conversation_id=bindparam("conversation_id"), answers=1
)
_COUNT = _COUNT.on_conflict_do_update(
    index_elements=["account_id", "conversation_id"], set_={"answers": thread_count.c.answers + 1}
)
_OPT_OUT = upsert(opt_out).on_conflict_do_nothing(index_elements=["tenant_id", "person"])
_OPT_IN = delete(opt_out).where(opt_out.c.tenant_id == bindparam("tenant"), opt_out.c.person == bindparam("b_person"))


class SqlPeople:
    """Implements `ports.store.People`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def allowances(
        self, asked: Sequence[_Asked], *, burst: int, refill_ms: int, now_ms: int
    ) -> Mapping[_Asked, Allowance]:
        """See `ports.store.People.allowances`."""
        if not asked:
            return {}
        chosen = {
            "people": list({key_text(person) for _, person, _ in asked}),
            "accounts": list({account_id for account_id, _, _ in asked}),
        }
        conversations = list({key_text(conversation) for _, _, conversation in asked if conversation is not None})
        buckets = {(row.account_id, row.person): row for row in self._connection.execute(_BUCKETS, chosen)}
        opted_out = {(row.id, row.person) for row in self._connection.execute(_OPTED_OUT, chosen)}
        threads: dict[tuple[str, str], int] = {}
        if conversations:
            counts = self._connection.execute(
                _THREADS, {"accounts": chosen["accounts"], "conversations": conversations}
            )
            threads = {(row.account_id, row.conversation_id): row.answers for row in counts}
        allowed: dict[_Asked, Allowance] = {}
        for account_id, person, conversation in asked:
            at = (account_id, key_text(person))
            bucket = buckets.get(at)
            ahead_ms = max(0, bucket.full_at_ms - now_ms) if bucket is not None else 0
            allowed[account_id, person, conversation] = Allowance(
                answers=max(0, (burst * refill_ms - ahead_ms) // refill_ms),
                is_opted_out=at in opted_out,
                in_thread=0 if conversation is None else threads.get((account_id, key_text(conversation)), 0),
                last_help_ms=None if bucket is None else bucket.last_help_ms,
            )
        return allowed

    def spend(
        self,
        asked: Sequence[_Asked],
        *,
        burst: int,  # noqa: ARG002 - the bucket's size matters when reading only
        refill_ms: int,
        now_ms: int,
        is_help: bool = False,
    ) -> None:
        """See `ports.store.People.spend`."""
        if not asked:
            return
        self._connection.execute(
            _SPEND,
            [
                {
                    "account_id": account_id,
                    "person": person,
                    "b_now": now_ms,
                    "b_refill": refill_ms,
                    "last_help_ms": now_ms if is_help else None,
                }
                for account_id, person, _ in sorted(asked, key=lambda one: one[:2])  # one order for all: no deadlocks
            ],
        )
        in_threads = [
            {"account_id": account_id, "conversation_id": conversation}
            for account_id, _, conversation in sorted(asked, key=lambda one: (one[0], one[2] or ""))
            if conversation is not None
        ]
        if in_threads:
            self._connection.execute(_COUNT, in_threads)

    def opt_out(self, tenant_id: str, person: PersonId, *, now_ms: int) -> None:
        """See `ports.store.People.opt_out`."""
        self._connection.execute(_OPT_OUT, {"tenant_id": tenant_id, "person": person, "created_at_ms": now_ms})

    def opt_in(self, tenant_id: str, person: PersonId) -> None:
        """See `ports.store.People.opt_in`."""
        self._connection.execute(_OPT_IN, {"tenant": tenant_id, "b_person": person})
