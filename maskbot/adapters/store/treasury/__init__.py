"""The repositories of the money, on one transaction: implements `ports.treasury.Treasury`."""

from __future__ import annotations

from sqlalchemy import Connection

from maskbot.adapters.store.treasury.attempts import SqlAttempts, SqlInclusions
from maskbot.adapters.store.treasury.audit import SqlAudit
from maskbot.adapters.store.treasury.intents import SqlIntents
from maskbot.adapters.store.treasury.rules import SqlRules
from maskbot.adapters.store.treasury.safes import SqlProposals, SqlSafes
from maskbot.adapters.store.treasury.spending import SqlSpending
from maskbot.adapters.store.treasury.wallets import SqlWallets
from maskbot.ports import treasury as ports
from maskbot.ports.safes import Proposals, Safes


class SqlTreasury:
    """See `ports.treasury.Treasury`."""

    def __init__(self, connection: Connection) -> None:
        self.wallets: ports.Wallets = SqlWallets(connection)
        self.intents: ports.Intents = SqlIntents(connection)
        self.attempts: ports.Attempts = SqlAttempts(connection)
        self.inclusions: ports.Inclusions = SqlInclusions(connection)
        self.rules: ports.Rules = SqlRules(connection)
        self.spending: ports.Spending = SqlSpending(connection)
        self.audit: ports.Audit = SqlAudit(connection)
        self.safes: Safes = SqlSafes(connection)
        self.proposals: Proposals = SqlProposals(connection)


__all__ = ["SqlTreasury"]
