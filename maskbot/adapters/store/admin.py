"""What operators do with the store: tenants, accounts, feeds, replay, unpark, cancel, backup. The CLI's and health's door.

Listings are in `listings`, figures for health in `pulse`; `Admin` has both. Every method is one transaction of its own.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from maskbot.adapters.store.broadcasts import SqlBroadcasts
from maskbot.adapters.store.columns import key_text
from maskbot.adapters.store.errors import AlreadyThere, IllegalMove, NoSuchRow, StoreUnusable, translated
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.jobs import SqlJobs
from maskbot.adapters.store.listings import Listings
from maskbot.adapters.store.pulse import Pulse, load_pulse
from maskbot.adapters.store.tables import account, feed, job, mention, tenant
from maskbot.adapters.store.tables_outbox import broadcast, delivery
from maskbot.adapters.store.upgrade import back_up_file
from maskbot.adapters.store.work import SqlStore
from maskbot.domain.account import FeedKind
from maskbot.domain.identity import Profile
from maskbot.domain.job import JobKind, NewJob

_IN_THE_AIR = ("sending", "unknown")


class Admin(Listings):
    """The operator's view of one store."""

    def __init__(self, store: SqlStore) -> None:
        super().__init__(store)
        self._store = store

    # --- tenants, accounts, feeds ---------------------------------------------------------------------------------------

    def add_tenant(self, name: str, *, now_ms: int) -> str:
        """Record a tenant; the id of the tenant with this name, new or not."""
        with self._store.transaction() as connection:
            connection.execute(
                upsert(tenant).on_conflict_do_nothing(index_elements=["name"]),
                {"id": new_id(), "name": name, "created_at_ms": now_ms},
            )
            return str(connection.execute(select(tenant.c.id).where(tenant.c.name == name)).scalar_one())

    def account_id_for(self, profile: Profile) -> str:
        """The id of the account with this profile, or a fresh one: seal its token for Place ("account", id, tenant id, "token"),
        then `add_account` with it."""
        with self._store.snapshot() as connection:
            return _account_id_of(connection, profile) or new_id()

    def add_account(
        self, account_id: str, *, tenant_id: str, profile: Profile, api_base_url: str, sealed_token: bytes, now_ms: int
    ) -> str:
        """Record an account with its MENTIONS feed, or renew the token of one that is there (it becomes active); its id.

        Raises:
            AlreadyThere: the profile is hosted under another id or by another tenant.
            NoSuchRow: no such tenant.
        """
        fresh = {
            "handle": profile.handle,
            "actor_uri": profile.actor_uri,
            "api_base_url": api_base_url,
            "state": "active",
            "reason": "",
            "secret": sealed_token,
        }
        with self._store.transaction() as connection:
            there = _account_id_of(connection, profile)
            if there not in (None, account_id):
                raise AlreadyThere(
                    f"this profile is hosted as account {there}: remove that first, or renew it by its id"
                )
            if there is None:
                connection.execute(
                    account.insert(),
                    {
                        "id": account_id,
                        "tenant_id": tenant_id,
                        "platform": profile.platform.value,
                        "instance": profile.instance,
                        "user_id": profile.user_id,
                        "created_at_ms": now_ms,
                        **fresh,
                    },
                )
            else:
                renewed = update(account).where(account.c.id == account_id, account.c.tenant_id == tenant_id)
                if connection.execute(renewed, fresh).rowcount != 1:
                    raise AlreadyThere("this profile is hosted by another tenant")
            _add_feed(connection, account_id, kind=FeedKind.MENTIONS, target="")
        return account_id

    def add_feed(self, account_id: str, *, kind: FeedKind, target: str = "") -> str:
        """Watch a feed with this account; the feed's id, new or not. `target`: the user id or list id of a PROFILE or LIST.

        Raises:
            NoSuchRow: no such account.
        """
        if (kind in (FeedKind.PROFILE, FeedKind.LIST)) != bool(target):
            raise ValueError("a profile or list feed has a target, mentions and home have none")
        with self._store.transaction() as connection:
            return _add_feed(connection, account_id, kind=kind, target=target)

    def remove_feed(self, feed_id: str) -> None:
        """Stop watching; what was collected stays. Raises NoSuchRow."""
        with self._store.transaction() as connection:
            _one(connection.execute(delete(feed).where(feed.c.id == feed_id)).rowcount, f"no feed {feed_id}")

    def remove_account(self, account_id: str) -> None:
        """Remove the account with its token, feeds, mentions and deliveries.

        Raises:
            IllegalMove: a delivery is being sent or its outcome is unknown.
            NoSuchRow: no such account.
        """
        with self._store.transaction() as connection:
            of_account = delivery.c.account_id == account_id
            open_ones = select(func.count()).where(of_account, delivery.c.state.in_(_IN_THE_AIR))
            if connection.execute(open_ones).scalar_one():
                raise IllegalMove(
                    "a delivery of this account is being sent or unconfirmed: pause it and wait until it ends"
                )
            for targets in (
                select(mention.c.id).where(mention.c.account_id == account_id),
                select(delivery.c.id).where(of_account),
            ):
                connection.execute(delete(job).where(job.c.target_id.in_(targets)))
            _one(
                connection.execute(delete(account).where(account.c.id == account_id)).rowcount,
                f"no account {account_id}",
            )

    # --- putting things right -------------------------------------------------------------------------------------------

    def replay_mention(self, mention_id: str, *, now_ms: int) -> None:
        """Take up a mention again that was parked or whose job was: it falls due now. Its answer is still published once.

        Raises:
            IllegalMove: it is answered, ignored or rejected.
            NoSuchRow: no such mention.
        """
        with self._store.transaction() as connection:
            row = connection.execute(select(mention).where(mention.c.id == mention_id)).one_or_none()
            if row is None:
                raise NoSuchRow(f"no mention {mention_id}")
            if row.state not in ("parked", "new", "waiting"):
                raise IllegalMove(f"the mention is {row.state}: only a parked or unanswered mention is replayed")
            if row.state == "parked":
                connection.execute(update(mention).where(mention.c.id == mention_id).values(state="new", reason=None))
            kind = JobKind.OPEN_POST if row.is_watched else JobKind.ANSWER_MENTION
            SqlJobs(connection).add([NewJob(kind, mention_id, row.tenant_id, now_ms)])

    def unpark(self, job_id: str | None = None, *, now_ms: int) -> int:
        """Make one parked job, or all of them, fall due now with a clean crash count; how many."""
        one = () if job_id is None else (job.c.id == job_id,)
        with self._store.transaction() as connection:
            unparked = connection.execute(
                update(job)
                .where(job.c.state == "parked", *one)
                .values(state="pending", due_at_ms=now_ms, announced_at_ms=0, open_claims=0, tries=0)
            ).rowcount
        if job_id is not None:
            _one(unparked, f"no parked job {job_id}")
        return unparked

    def cancel_broadcast(self, broadcast_id: str, *, now_ms: int) -> None:
        """Cancel a broadcast none of whose posts is out; its queued deliveries are cancelled with it.

        Raises:
            IllegalMove: a post of it is sent, being sent or unconfirmed, or it has ended.
            NoSuchRow: no such broadcast.
        """
        with self._store.transaction() as connection:
            # The row lock keeps a worker of another host from starting a delivery between the look and the move.
            connection.execute(select(broadcast.c.id).where(broadcast.c.id == broadcast_id).with_for_update())
            of_broadcast = delivery.c.broadcast_id == broadcast_id
            connection.execute(select(delivery.c.id).where(of_broadcast).with_for_update())
            begun = select(func.count()).where(of_broadcast, delivery.c.state.not_in(("queued", "failed", "cancelled")))
            if connection.execute(begun).scalar_one():
                raise IllegalMove(
                    "a post of this broadcast is out or on its way: it can only be deleted on the platform"
                )
            SqlBroadcasts(connection).move(broadcast_id, after="cancelled")
            connection.execute(
                update(delivery)
                .where(of_broadcast, delivery.c.state == "queued")
                .values(state="cancelled", updated_at_ms=now_ms)
            )

    # --- health ---------------------------------------------------------------------------------------------------------

    def pulse(self, *, now_ms: int) -> Pulse:
        """Figures for health and metrics."""
        with self._store.snapshot() as connection:
            return load_pulse(connection, now_ms=now_ms)

    def backup(self, path: Path) -> Path:
        """Copy a SQLite database in use to `path` (mode 0600) and check the copy. The key-encryption key is not in it.

        Raises:
            StoreUnusable: the path exists or cannot be written, or the store is PostgreSQL (use pg_dump).
        """
        source = self._store.engines.path
        if source is None:
            raise StoreUnusable("a PostgreSQL database is backed up with its own tools: pg_dump --format=custom")
        if path.exists():
            raise StoreUnusable(f"{path} exists: name a new file for the backup")
        with translated():
            return back_up_file(source, name="", target=path)


def _account_id_of(connection: Connection, profile: Profile) -> str | None:
    return connection.execute(
        select(account.c.id).where(
            account.c.platform == profile.platform.value,
            account.c.instance == profile.instance,
            account.c.user_id == profile.user_id,
        )
    ).scalar_one_or_none()


def _add_feed(connection: Connection, account_id: str, *, kind: FeedKind, target: str) -> str:
    tenant_id = connection.execute(select(account.c.tenant_id).where(account.c.id == account_id)).scalar_one_or_none()
    if tenant_id is None:
        raise NoSuchRow(f"no account {account_id}")
    new = {"id": new_id(), "account_id": account_id, "tenant_id": tenant_id, "kind": kind.value, "target": target}
    connection.execute(
        upsert(feed).on_conflict_do_nothing(index_elements=["account_id", "kind", "target"]), {**new, "cursor": None}
    )
    found = connection.execute(
        select(feed.c.id).where(
            feed.c.account_id == account_id, feed.c.kind == kind.value, feed.c.target == key_text(target)
        )
    )
    return str(found.scalar_one())


def _one(count: int, otherwise: str) -> None:
    if count != 1:
        raise NoSuchRow(otherwise)
