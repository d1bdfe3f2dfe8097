"""What a Mastodon operator or DAO allows on one account: commands, visibility, limits, blocked domains.

Read from a TOML file by `settings`, checked by `maskbot check`. Source: social-platforms.md 7, reliability.md E4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskbot.domain.post import Visibility


@dataclass(frozen=True, slots=True)
class AccountPolicy:
    """Rules of one hosting account. `commands` None allows all. Answers are a token bucket per author: `burst`, then one per
    `refill_s` seconds; at most `thread_cap` answers per conversation. Joins are capped per UTC day and in all."""

    commands: frozenset[str] | None = None
    widest_reply: Visibility = Visibility.PUBLIC
    burst: int = 5
    refill_s: float = 30.0
    thread_cap: int = 5
    blocked_domains: frozenset[str] = frozenset()
    allows_join: bool = True
    joins_per_day: int = 50
    joins_in_all: int = 5_000

    def __post_init__(self) -> None:
        if self.burst < 1 or self.refill_s <= 0:
            raise ValueError("an answer limit has a burst of at least 1 and a refill above 0 s")

    def blocks(self, domain: str) -> bool:
        """Whether the domain, or a domain above it, is blocked."""
        parts = domain.lower().rstrip(".").split(".")
        return any(".".join(parts[i:]) in self.blocked_domains for i in range(len(parts)))

    def allows(self, verb: str) -> bool:
        """Whether people may use the command here. `help`, `stop`, `start` and `delete` always work."""
        return self.commands is None or verb in self.commands or verb in {"help", "stop", "start", "delete"}


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """The policy of each account: by instance host, else the default."""

    default: AccountPolicy = field(default_factory=AccountPolicy)
    by_instance: Mapping[str, AccountPolicy] = field(default_factory=dict)

    def of(self, instance: str) -> AccountPolicy:
        """The policy for accounts on this instance."""
        return self.by_instance.get(instance, self.default)
