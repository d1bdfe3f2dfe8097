"""Units of work."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from maskbot.ports.giveaways import Entrants, Giveaways, Prizes
from maskbot.ports.packet_claims import ClaimRules, PacketClaims
from maskbot.ports.packets import PacketContracts, PacketShares, RedPackets
from maskbot.ports.store.jobs import Bells, Jobs
from maskbot.ports.store.limits import Ledger, Switches, Throttles
from maskbot.ports.store.outbox import Broadcasts, Deliveries, KeyPublications
from maskbot.ports.store.personas import Contacts, Inbox, PersonaLinks, Personas
from maskbot.ports.store.posts import Accounts, FactStore, Mentions, People
from maskbot.ports.treasury import Treasury


class Work(Protocol):
    """The repositories of one transaction."""

    jobs: Jobs
    bells: Bells
    mentions: Mentions
    facts: FactStore
    accounts: Accounts
    people: People
    personas: Personas
    links: PersonaLinks
    contacts: Contacts
    inbox: Inbox
    deliveries: Deliveries
    broadcasts: Broadcasts
    publications: KeyPublications
    switches: Switches
    ledger: Ledger
    throttles: Throttles
    treasury: Treasury
    giveaways: Giveaways
    entrants: Entrants
    prizes: Prizes
    claims: PacketClaims
    claim_rules: ClaimRules
    packets: RedPackets
    packet_shares: PacketShares
    packet_contracts: PacketContracts


class Store(Protocol):
    """Opens units of work."""

    def write(self) -> AbstractContextManager[Work]:
        """One write transaction."""
        ...

    def read(self) -> AbstractContextManager[Work]:
        """One read transaction; writing through it is an error."""
        ...
