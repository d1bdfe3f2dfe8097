"""Units of work: one transaction and its repositories; `SqlStore` opens them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from maskbot.adapters.store.accounts import SqlAccounts
from maskbot.adapters.store.broadcasts import SqlBroadcasts
from maskbot.adapters.store.contacts import SqlContacts
from maskbot.adapters.store.deliveries import SqlDeliveries
from maskbot.adapters.store.engine import WAIT_S, Engines, open_engines
from maskbot.adapters.store.errors import StoreBusy, translated
from maskbot.adapters.store.facts import SqlFacts
from maskbot.adapters.store.giveaways import SqlEntrants, SqlGiveaways, SqlPrizes
from maskbot.adapters.store.inbox import SqlInbox
from maskbot.adapters.store.jobs import SqlBells, SqlJobs
from maskbot.adapters.store.key_publications import SqlKeyPublications
from maskbot.adapters.store.limits import SqlLedger, SqlSwitches, SqlThrottles
from maskbot.adapters.store.mentions import SqlMentions
from maskbot.adapters.store.packet_claims import SqlClaimRules, SqlPacketClaims
from maskbot.adapters.store.people import SqlPeople
from maskbot.adapters.store.personas import SqlPersonaLinks, SqlPersonas
from maskbot.adapters.store.red_packets import SqlPacketContracts, SqlPacketShares, SqlRedPackets
from maskbot.adapters.store.schema import check_schema
from maskbot.adapters.store.treasury import SqlTreasury
from maskbot.ports import store as ports
from maskbot.ports.giveaways import Entrants, Giveaways, Prizes
from maskbot.ports.packet_claims import ClaimRules, PacketClaims
from maskbot.ports.packets import PacketContracts, PacketShares, RedPackets
from maskbot.ports.treasury import Treasury


class SqlWork:
    """The repositories of one transaction; unusable after its end."""

    def __init__(self, connection: Connection) -> None:
        self.jobs: ports.Jobs = SqlJobs(connection)
        self.bells: ports.Bells = SqlBells(connection)
        self.mentions: ports.Mentions = SqlMentions(connection)
        self.facts: ports.FactStore = SqlFacts(connection)
        self.accounts: ports.Accounts = SqlAccounts(connection)
        self.people: ports.People = SqlPeople(connection)
        self.personas: ports.Personas = SqlPersonas(connection)
        self.links: ports.PersonaLinks = SqlPersonaLinks(connection)
        self.contacts: ports.Contacts = SqlContacts(connection)
        self.inbox: ports.Inbox = SqlInbox(connection)
        self.deliveries: ports.Deliveries = SqlDeliveries(connection)
        self.broadcasts: ports.Broadcasts = SqlBroadcasts(connection)
        self.publications: ports.KeyPublications = SqlKeyPublications(connection)
        self.switches: ports.Switches = SqlSwitches(connection)
        self.ledger: ports.Ledger = SqlLedger(connection)
        self.throttles: ports.Throttles = SqlThrottles(connection)
        self.treasury: Treasury = SqlTreasury(connection)
        self.giveaways: Giveaways = SqlGiveaways(connection)
        self.entrants: Entrants = SqlEntrants(connection)
        self.prizes: Prizes = SqlPrizes(connection)
        self.claims: PacketClaims = SqlPacketClaims(connection)
        self.claim_rules: ClaimRules = SqlClaimRules(connection)
        self.packets: RedPackets = SqlRedPackets(connection)
        self.packet_shares: PacketShares = SqlPacketShares(connection)
        self.packet_contracts: PacketContracts = SqlPacketContracts(connection)


class SqlStore:
    """Opens units of work; safe to share between threads, not across a fork."""

    def __init__(self, engines: Engines) -> None:
        self.engines = engines
        self._turn = threading.Lock() if engines.path is not None else None

    @contextmanager
    def write(self) -> Iterator[ports.Work]:
        """One write transaction: committed at the end of the block, rolled back on any exception.

        Raises:
            StoreBusy: locked or away; nothing was recorded.
            StoreUnusable: the database is not writable or not ours.
            AlreadyThere, NoSuchRow: a constraint says no.
        """
        with self.transaction() as connection:
            yield SqlWork(connection)

    @contextmanager
    def read(self) -> Iterator[ports.Work]:
        """One read transaction on one snapshot; writing through it raises StoreUnusable."""
        with self.snapshot() as connection:
            yield SqlWork(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The connection of one write transaction, for `admin`. Raises like `write`."""
        with self._in_turn(), translated(), self.engines.writer.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The connection of one read transaction, for `admin`. Raises like `read`."""
        with translated(), self.engines.reader.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engines.close()

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Writers of one process queue here rather than poll for SQLite's lock. Units of work do not nest."""
        if self._turn is None:
            yield
            return
        if not self._turn.acquire(timeout=WAIT_S):
            raise StoreBusy("another write of this process has not ended in time", retry_after_s=1.0)
        try:
            yield
        finally:
            self._turn.release()


def open_store(url: str) -> SqlStore:
    """The store at this address. Its schema must be this version's: `migrations.upgrade(url)` brings it there.

    Raises:
        StoreUnusable: wrong address, unwritable or damaged file.
        Misconfigured: the schema is missing, older or newer (kinds SchemaMissing, SchemaOld, SchemaNewer).
    """
    engines = open_engines(url)
    try:
        with translated():
            check_schema(engines)
    except BaseException:
        engines.close()
        raise
    return SqlStore(engines)
