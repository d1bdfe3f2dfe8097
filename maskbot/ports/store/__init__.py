"""Ports of the store: units of work and their repositories.

`Store.write()` is one transaction (SQLite: BEGIN IMMEDIATE; PostgreSQL: READ COMMITTED), committed at the end of the block and
rolled back on any exception. `Store.read()` sees one snapshot. No network call is made inside either. All sequences may be
empty; bulk methods use a constant number of statements.
"""

from __future__ import annotations

from maskbot.ports.store.jobs import Bells, Jobs
from maskbot.ports.store.limits import Ledger, Switches, Throttles
from maskbot.ports.store.outbox import Broadcasts, Deliveries, KeyPublications
from maskbot.ports.store.personas import Contact, Contacts, Inbox, PersonaLinks, Personas
from maskbot.ports.store.posts import Accounts, Allowance, FactStore, Mentions, People
from maskbot.ports.store.work import Store, Work

__all__ = [
    "Accounts",
    "Allowance",
    "Bells",
    "Broadcasts",
    "Contact",
    "Contacts",
    "Deliveries",
    "FactStore",
    "Inbox",
    "Jobs",
    "KeyPublications",
    "Ledger",
    "Mentions",
    "People",
    "PersonaLinks",
    "Personas",
    "Store",
    "Switches",
    "Throttles",
    "Work",
]
